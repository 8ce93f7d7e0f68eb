// The rules of the house; `npm run gate` runs them with no warning allowed. Formatting is prettier's business alone.
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import * as ISTIO from './harness/observations/istio.ts';

const PLAIN = ['**/*.{js,mjs,cjs}'];
const TESTS = ['**/*.test.ts'];
/** Plays Istio, and spells it by itself: a name that is wrong in observations/ is not wrong there too. */
const PLAYS_ISTIO = ['**/testing/*.ts'];

/** What a plain script may use without an import; TypeScript knows its own globals. */
const NODE_GLOBALS = ['AbortSignal', 'Buffer', 'URL', 'clearTimeout', 'console', 'fetch', 'process', 'setTimeout'];
const COMMONJS_GLOBALS = ['__dirname', '__filename', 'exports', 'module', 'require'];
const readonly = (names) => Object.fromEntries(names.map((name) => [name, 'readonly']));

/** A wait of so many milliseconds, written where it is used: only the table gives it a name and a reason. */
const TIME_LITERALS = [
  `CallExpression[callee.name=/^(setTimeout|setInterval|delay|sleep)$/] > Literal[value>=1]`,
  `CallExpression[callee.object.name='AbortSignal'][callee.property.name='timeout'] > Literal`,
  `Property[key.name=/^(timeout|timeoutMs|connectTimeout|headersTimeout|bodyTimeout)$/] > Literal[value>=1]`,
].map((selector) => ({ selector, message: 'Waits and time-outs are named in harness/common/deadlines.ts.' }));

/** Only harness/cluster/ownership/ deletes a file: it knows what is whose. */
const DELETES_FILES = {
  paths: ['node:fs', 'node:fs/promises', 'fs', 'fs/promises'].map((name) => ({
    name,
    importNames: ['rm', 'rmSync', 'rmdir', 'rmdirSync', 'unlink', 'unlinkSync', 'default'],
    message: 'Files are deleted in harness/cluster/ownership/ alone: discard() in the cache, OwnedFolder in a report.',
  })),
};
/** …nor anything in a cluster, or changes it there. */
const DELETES_OBJECTS = [
  "CallExpression[callee.property.name=/^(erase|make|send)$/][callee.object.property.name='objects']",
  "CallExpression[callee.property.name=/^(delete|create|patch|replace)$/][callee.object.property.name='objects']",
  'MemberExpression[property.name=/^(delete|deleteCollection|patch|replace|create)(Namespaced|Namespace|Cluster|Persistent|Node)/]',
].map((selector) => ({
  selector,
  message: 'Objects are made, changed and removed by harness/cluster/ownership/ alone.',
}));

// These are words of other things too.
const { ISTIOD_APP: _app, TLS_FILES: _files, ...ISTIO_ALONE } = ISTIO;
const namesOfIstio = Object.values(ISTIO_ALONE).flatMap((name) =>
  typeof name === 'object' ? Object.values(name) : name,
);
const ISTIO_NAMES = [
  ...[...new Set(namesOfIstio)].map((name) => `Literal[value=${JSON.stringify(name)}]`),
  'TSUnionType:has(TSLiteralType > Literal[value="mesh"]):has(TSLiteralType > Literal[value="gateway"])',
  'ArrayExpression:has(> Literal[value="mesh"]):has(> Literal[value="gateway"])',
].map((selector) => ({
  selector,
  message: 'Planes, and what Istio calls things, are spelled in harness/observations/.',
}));

/** Words for docker stand in one file. */
const DOCKER = [
  {
    selector: 'ArrayExpression > Literal:first-child[value="docker"]',
    message: 'Docker is called by harness/cluster/engine/docker.ts alone.',
  },
];

export default defineConfig(
  { ignores: ['node_modules/', 'reports/*/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error', reportUnusedInlineConfigs: 'error' } },
  {
    rules: {
      'array-callback-return': 'error',
      eqeqeq: 'error',
      'no-console': 'error',
      'no-constant-binary-expression': 'error',
      'no-control-regex': 'error',
      'no-empty': 'error',
      'no-self-compare': 'error',
      'no-template-curly-in-string': 'error',
      'no-unmodified-loop-condition': 'error',
      'no-unreachable-loop': 'error',
      'no-unsafe-finally': 'error',
      'no-useless-assignment': 'error',
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      'preserve-caught-error': 'error',
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // The Kubernetes client declares its models as classes but takes and returns plain objects of their shape.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // `() => clearInterval(timer)` reads better than with braces.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // An interface's promise may be kept without waiting for anything.
      '@typescript-eslint/require-await': 'off',
      // tsconfig's noPropertyAccessFromIndexSignature asks for exactly what this rule forbids.
      '@typescript-eslint/dot-notation': 'off',
    },
  },
  {
    files: ['harness/**/*.ts', 'suites/**/*.ts'],
    ignores: ['harness/common/deadlines.ts', ...TESTS],
    rules: { 'no-restricted-syntax': ['error', ...TIME_LITERALS, ...DELETES_OBJECTS, ...ISTIO_NAMES, ...DOCKER] },
  },
  {
    files: ['harness/cluster/engine/docker.ts'],
    rules: { 'no-restricted-syntax': ['error', ...TIME_LITERALS, ...DELETES_OBJECTS, ...ISTIO_NAMES] },
  },
  {
    files: ['harness/**/*.ts', 'suites/**/*.ts', 'fixtures/**/*.ts'],
    ignores: ['harness/cluster/ownership/**', ...TESTS],
    rules: { 'no-restricted-imports': ['error', DELETES_FILES] },
  },
  {
    files: ['harness/cluster/ownership/**/*.ts', 'harness/cluster/kube/client.ts'],
    ignores: TESTS,
    rules: { 'no-restricted-syntax': ['error', ...TIME_LITERALS, ...ISTIO_NAMES] },
  },
  {
    files: ['harness/observations/*.ts', ...PLAYS_ISTIO],
    rules: { 'no-restricted-syntax': ['error', ...TIME_LITERALS, ...DELETES_OBJECTS] },
  },
  // …and so its metadata can be spread without losing anything.
  { files: ['harness/cluster/{kube,ownership}/*.ts'], rules: { '@typescript-eslint/no-misused-spread': 'off' } },
  // A test that is wrong about `!` fails, which is what a test is for.
  { files: TESTS, rules: { '@typescript-eslint/no-non-null-assertion': 'off' } },
  // A container's log and a task's result go to standard output.
  { files: ['fixtures/bookinfo/*.ts', 'fixtures/lab/*.cjs', 'harness/tasks/*.ts'], rules: { 'no-console': 'off' } },
  {
    files: PLAIN,
    languageOptions: { globals: readonly(NODE_GLOBALS) },
    rules: {
      'no-undef': 'error',
      'no-unused-vars': ['error', { varsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: { sourceType: 'commonjs', globals: readonly(COMMONJS_GLOBALS) },
  },
);
