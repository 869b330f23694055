// BUILD_DIR lets two builds of one checkout be tested side by side.
const build = process.env.BUILD_DIR ?? 'build'

export default {
  files: [`${build}/test/**/*.test.js`],
  workerThreads: false,
  // Of idle time. It ends what hangs: on a busy machine single tests take minutes.
  timeout: '600s',
}
