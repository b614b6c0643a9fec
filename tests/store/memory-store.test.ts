import { objectStoreContract } from '../contracts/object-store.js';
import { MemoryStore } from '../support/memory-store.js';

objectStoreContract('the in-memory store', () => new MemoryStore());
