import test from 'ava'
import { APPS, TYPED_APPS } from './_apps.js'
import { Consumer } from './_install.js'

const consumer = new Consumer()
const HEARD = 'heard hello'
const WITHOUT = /^[^\n]*ring:\/\/[^\n]*addon[^\n]*\nheard hello unix\n$/

test.serial.before('it is packed and installed', (t) => {
  t.timeout(300_000)
  const { status, stderr } = consumer.install()
  t.is(status, 0, stderr)
})

test.after.always(() => consumer.remove())

for (const [resolution, files] of Object.entries(TYPED_APPS)) {
  test.serial(`robustness 42: the tarball has types where ${resolution} looks for them`, (t) => {
    t.timeout(300_000)
    for (const [name, text] of Object.entries(files)) consumer.write(name, text)
    const { status, stdout } = consumer.compile(resolution, Object.keys(files))
    t.is(stdout, '')
    t.is(status, 0)
  })
}

test.serial('classes of the tarball have the names that they are exported by', (t) => {
  t.timeout(300_000)
  consumer.write(
    'names.mjs',
    `import * as treebus from 'treebus'
    for (const [name, value] of Object.entries(treebus)) {
      if (typeof value === 'function' && value.name !== name) console.log(name, value.name)
    }
    console.log(Object.keys(treebus).length > 20)`,
  )
  const { status, stdout, stderr } = consumer.runApp('names.mjs')
  t.is(status, 0, stderr)
  t.is(stdout, 'true\n')
})

for (const addon of ['with the addon that is in it', 'without an addon']) {
  for (const [name, text] of Object.entries(APPS)) {
    test.serial(`robustness 42: the tarball runs ${addon}, loaded by ${name}`, (t) => {
      t.timeout(300_000)
      if (addon === 'without an addon') consumer.removeAddon()
      consumer.write(name, text)
      const { status, stdout, stderr } = consumer.runApp(name)
      t.is(status, 0, stderr)
      t.is(stderr, '', 'without a warning')
      // One line says what is missing; a checkout that could not build it packs none.
      if (consumer.hasAddon) t.is(stdout, `${HEARD} ring\n`)
      else t.regex(stdout, WITHOUT)
    })
  }
}
