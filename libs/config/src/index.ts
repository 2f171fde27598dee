export { ConfigError, EXIT_CONFIG, readConfig, readConfigOrExit } from './read-config.js';
export { SECRET_BYTES_MIN, secretKey, versionedSecretKey } from './secret-key.js';
export {
  coherent,
  databaseUrl,
  egressAllow,
  resourceUrls,
  serviceSettings,
  type ServiceSettings,
} from './service-settings.js';
export { kafkaConnection } from './kafka-connection.js';
