// How the law finds sources: the aliases of package.json point at the build, and relative imports end in .js.
const path = require('node:path');
const { imports } = require('./package.json');

const sourceOf = (built) => path.resolve(__dirname, built.replace('./dist/', './').replace(/\.js$/, '.ts'));

module.exports = {
  resolve: {
    alias: Object.fromEntries(
      Object.entries(imports).map(([alias, built]) => [`${alias}$`, sourceOf(built)]),
    ),
    extensionAlias: { '.js': ['.ts', '.js'] },
    extensions: ['.ts', '.js', '.json'],
  },
};
