export type { BlobPicture, Conversation, Message, Part } from '../../domain/conversation/tokenized.js';
