import { eventStoreContract } from './event-store.contract.js';
import { openKeyStore } from './opened-store.fixture.js';

eventStoreContract('PostgreSQL', () => openKeyStore());
