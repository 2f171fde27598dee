import { KafkaBus } from '#libs/bus';
import { testStack } from '#libs/testing';
import { hybridContract } from './hybrid.contract.js';

hybridContract('KafkaBus', () => new KafkaBus({ brokers: testStack().kafka.brokers, clientId: 'hybrid' }));
