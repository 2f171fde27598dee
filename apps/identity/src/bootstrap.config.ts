import { databaseUrl, readConfigOrExit, secretKey, serviceSettings } from '#libs/config';
import { z } from 'zod';

const schema = z.object({
  DATABASE_URL: databaseUrl,
  GATEHOUSE_SEAL_KEY: secretKey,
  GATEHOUSE_PEPPER: serviceSettings.GATEHOUSE_PEPPER,
  GATEHOUSE_BUS_KEY: serviceSettings.GATEHOUSE_BUS_KEY,
});

/** What the operator's bootstrap needs of identity's settings: its store and its keys, not Kafka. */
export const readBootstrapConfig = (): z.output<typeof schema> => readConfigOrExit(schema, process.env);
