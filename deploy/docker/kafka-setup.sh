#!/bin/sh
# Grants each service what kafka-acls.csv lists. A name that ends in a dot is a prefix. Safe to run again.
set -eu
admin=$(mktemp)
cat > "$admin" <<PROPERTIES
security.protocol=SASL_PLAINTEXT
sasl.mechanism=PLAIN
sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="admin" password="$KAFKA_ADMIN_PASSWORD";
PROPERTIES

grep -v '^#' /setup/kafka-acls.csv | while IFS=, read -r principal operations resource name; do
  case "$name" in *.) pattern=prefixed ;; *) pattern=literal ;; esac
  set -- --add --allow-principal "User:$principal" "--$resource" "$name" --resource-pattern-type "$pattern"
  for operation in $(echo "$operations" | tr '+' ' '); do set -- "$@" --operation "$operation"; done
  /opt/kafka/bin/kafka-acls.sh --bootstrap-server kafka:9092 --command-config "$admin" "$@"
done
# Idempotent producers, and readers of a topic's incarnation, need these of the cluster itself.
for principal in identity policy gateway audit; do
  /opt/kafka/bin/kafka-acls.sh --bootstrap-server kafka:9092 --command-config "$admin" \
    --add --allow-principal "User:$principal" --cluster --operation IdempotentWrite --operation Describe
done
rm -f "$admin"
