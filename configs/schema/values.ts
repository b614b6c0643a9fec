import { z } from 'zod';

/** An object that refuses keys it does not know. */
export const strict = z.strictObject;

/** Text that is not blank. */
export const text = z.string().trim().min(1);

/** 0, 1, 2, … up to 2⁵³ − 1. */
export const natural = z.int().min(0);

/** A share: a number from 0 to 1. */
export const share = z.number().min(0).max(1);

/** A weight: 0 switches its term off. */
export const weight = z.number().min(0).max(100);

/** How often something is done. */
export const steps = z.int().min(1).max(1_000_000);
