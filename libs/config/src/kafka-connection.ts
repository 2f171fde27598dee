type KafkaSettings = {
  readonly KAFKA_BROKERS: readonly string[];
  readonly KAFKA_SASL_USERNAME?: string | undefined;
  readonly KAFKA_SASL_PASSWORD?: string | undefined;
  readonly GATEHOUSE_REPLICA: string;
};

/** Brokers and, where a user is given, SASL PLAIN credentials, as `KafkaBus` takes them. */
export function kafkaConnection(settings: KafkaSettings) {
  const { KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = settings;
  const sasl =
    username !== undefined && password !== undefined ? { mechanism: 'plain' as const, username, password } : undefined;
  return { brokers: [...settings.KAFKA_BROKERS], clientId: settings.GATEHOUSE_REPLICA, ...(sasl && { sasl }) };
}
