import { describe, expect, it } from 'vitest';
import { hasLabels, openEnvelope } from './task-record.js';

const read = (options: unknown) => openEnvelope(JSON.stringify({ context: '', options })).options;

describe('options that another client wrote', () => {
  it('are read as they are where they make sense', () => {
    const options = {
      maxRetryTimes: 2,
      retryInterval: '500ms',
      delay: '1m',
      labels: { zone: 'eu' },
      resource: { cpu: 2, memory: 1e9 },
      heartbeatTimeout: '2s',
      retention: 'PT1H',
    };
    expect(read(options)).toEqual(options);
  });
  it.each([
    ['a label that is a number', { labels: { gpu: 1 } }, { labels: { gpu: '1' } }],
    ['a label that is many', { labels: { gpu: ['a', 'b'] } }, { labels: { gpu: '["a","b"]' } }],
    ['a label that is null', { labels: { gpu: null, zone: 'eu' } }, { labels: { zone: 'eu' } }],
    ['labels that are null', { labels: null }, {}],
    ['labels in a list', { labels: ['gpu'] }, {}],
    ['resources that are null', { resource: null }, {}],
    ['an amount in a text', { resource: { cpu: '2', memory: {} } }, { resource: { cpu: 2 } }],
    ['amounts below nothing', { maxRetryTimes: -1, resource: { cpu: -1 } }, {}],
    ['durations that are none', { heartbeatTimeout: 'soon', retryInterval: 5, retention: null }, {}],
    ['no options', null, {}],
    ['options that are a text', 'urgent', {}],
    ['options in a list', [{ labels: { gpu: 'a' } }], {}],
  ])('%s', (_what, written, options) => {
    expect(read(written)).toEqual(options);
  });
  it('are asked for their labels whatever these are called', () => {
    const task = { options: read({ labels: { gpu: 1 } }) } as Parameters<typeof hasLabels>[0];
    expect(hasLabels(task, { gpu: '1' })).toBe(true);
    expect(hasLabels(task, { toString: 'a' })).toBe(false);
  });
});
