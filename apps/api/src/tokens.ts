// What the modules inject, by token: none of it knows Nest.
export const BULKS = Symbol('bulks');
export const COMMANDS = Symbol('commands');
export const CONFIG = Symbol('config');
export const HUB = Symbol('hub');
export const INSTALLATION = Symbol('installation');
export const METRICS = Symbol('metrics');
export const OPENAPI = Symbol('openapi');
export const READINESS = Symbol('readiness');
export const READS = Symbol('reads');
export const RECEIPTS = Symbol('receipts');
export const CLOCK = Symbol('clock');
