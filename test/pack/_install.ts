// The package as a user gets it: packed, and installed from the tarball into an empty folder.

import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { temporaryDirectory } from '../channel/_harness.js'

const NOWHERE = '/nonexistent'
const COMMAND_MS = 120_000

export interface Run {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The npm beside this node, or the one of the path. */
function npmProgram(): string {
  const places = [
    join(dirname(realpathSync(process.execPath)), '../lib/node_modules/npm/bin/npm-cli.js'),
    ...(process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'npm')),
  ]
  const found = places.find(existsSync)
  if (found === undefined) throw new Error('no npm')
  return realpathSync(found)
}

/** With nothing to compile with, nor anything else: the path leads nowhere. */
function run(args: readonly string[], cwd: string, environment: NodeJS.ProcessEnv): Run {
  const options = { cwd, env: environment, encoding: 'utf8', timeout: COMMAND_MS } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, args, options)
  return { status, stdout, stderr }
}

export class Consumer {
  readonly #folder = temporaryDirectory()
  readonly path = join(this.#folder.path, 'app')

  /** Packs this checkout, as it is built, and installs it offline and without its scripts. */
  install(): Run {
    const tarball = this.#pack()
    mkdirSync(this.path)
    writeFileSync(join(this.path, 'package.json'), '{"private":true}')
    const quiet = ['--no-audit', '--no-fund', '--omit=dev', '--omit=peer']
    const args = ['install', '--offline', '--ignore-scripts', ...quiet, tarball]
    const { HOME, npm_config_cache } = process.env
    const environment = { PATH: NOWHERE, HOME, ...(npm_config_cache && { npm_config_cache }) }
    const installed = run([npmProgram(), ...args], this.path, environment)
    return installed.stderr.includes('ENOTCACHED') ? this.#unpack(tarball) : installed
  }

  /** Where npm's cache holds none of the dependencies: those of this checkout stand for them. */
  #unpack(tarball: string): Run {
    const modules = join(this.path, 'node_modules')
    mkdirSync(modules, { recursive: true })
    const { status, stderr } = spawnSync('tar', ['-xzf', tarball, '-C', modules])
    renameSync(join(modules, 'package'), join(modules, 'treebus'))
    for (const name of this.#dependencies()) {
      mkdirSync(dirname(join(modules, name)), { recursive: true })
      symlinkSync(join(process.cwd(), 'node_modules', name), join(modules, name))
    }
    return { status, stdout: '', stderr: String(stderr) }
  }

  #dependencies(): string[] {
    const text = readFileSync(join(this.path, 'node_modules/treebus/package.json'), 'utf8')
    return Object.keys((JSON.parse(text) as { dependencies: object }).dependencies)
  }

  #pack(): string {
    const { path } = this.#folder
    const args = [npmProgram(), 'pack', '--silent', '--pack-destination', path]
    const { status, stderr } = run(args, process.cwd(), process.env)
    const [name] = readdirSync(path).filter((file) => file.endsWith('.tgz'))
    if (status !== 0 || name === undefined) throw new Error(`npm pack: ${stderr}`)
    return join(path, name)
  }

  get #prebuilds(): string {
    return join(this.path, 'node_modules/treebus/prebuilds')
  }

  get hasAddon(): boolean {
    const place = `${process.platform}-${process.arch}/treebus.node`
    return existsSync(join(this.#prebuilds, place))
  }

  /** As on a platform that none was built for. */
  removeAddon(): void {
    rmSync(this.#prebuilds, { recursive: true, force: true })
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.path, name), text)
  }

  runApp(name: string): Run {
    return run([name], this.path, { PATH: NOWHERE })
  }

  /** With this checkout's compiler, and nothing skipped: our own declarations are checked too. */
  compile(moduleResolution: string, files: readonly string[]): Run {
    const own = join(process.cwd(), 'node_modules')
    const types = join(this.path, 'node_modules/@types')
    if (!existsSync(types)) symlinkSync(join(own, '@types'), types)
    const module = moduleResolution === 'bundler' ? 'esnext' : moduleResolution
    const compilerOptions = {
      module,
      moduleResolution,
      target: 'es2022',
      lib: ['ES2023', 'ESNext.Disposable'],
      types: ['node'],
      strict: true,
      noEmit: true,
    }
    this.write('tsconfig.json', JSON.stringify({ compilerOptions, files }))
    return run([realpathSync(join(own, '.bin/tsc')), '-p', '.'], this.path, { PATH: NOWHERE })
  }

  remove(): void {
    this.#folder.remove()
  }
}
