import { readdirSync } from 'node:fs';
import { defineConfig } from 'vitepress';

// `npm run docs:build` makes a site with search of this folder; a link that leads nowhere fails it.

const pages = (folder: string) =>
  readdirSync(`docs/${folder}`)
    .filter((file) => file.endsWith('.md'))
    .map((file) => ({ text: title(file), link: `/${folder}/${file}` }));
const title = (file: string): string => file.replace(/\.md$/, '').replaceAll('-', ' ');

export default defineConfig({
  title: 'Carillon',
  description: 'Durable timers on Kafka and Postgres',
  cleanUrls: true,
  outDir: '../artifacts/docs',
  cacheDir: '../.carillon/vitepress',
  // to files of the repository, which are not pages of the site
  ignoreDeadLinks: [/\.\.\/(README|SECURITY|apps|bench|examples|libs|ops|test)/],
  themeConfig: {
    search: { provider: 'local' },
    sidebar: [
      { text: 'Guide', items: pages('guide') },
      {
        text: 'Understand',
        items: ['architecture', 'invariants', 'conformance'].map((page) => ({
          text: page,
          link: `/${page}`,
        })),
      },
      {
        text: 'Look up',
        items: [
          'dashboard',
          'http',
          'cli',
          'protocol',
          'operations',
          'security',
          'benchmarks',
          'performance',
          'scale',
          'testing',
        ].map((page) => ({
          text: page,
          link: `/${page}`,
        })),
      },
      { text: 'Runbooks', collapsed: true, items: pages('runbooks') },
      { text: 'Decisions', collapsed: true, items: pages('adr') },
    ],
  },
});
