// A runtime whose handles cannot read into memory that we name: accepted sockets copy instead.
import { Server, type Socket } from 'node:net'
import test from 'ava'
import { TcpChannel } from '../../src/channel/tcp-channel.js'
import { contract } from './_contract.js'

const emit = Server.prototype.emit
let hidden = 0

test.before(() => {
  Server.prototype.emit = function (this: Server, event: string, ...rest: unknown[]) {
    if (event === 'connection') {
      const { _handle } = rest[0] as Socket & { _handle: object }
      Object.defineProperty(_handle, 'useUserBuffer', { value: undefined })
      hidden++
    }
    return Reflect.apply(emit, this, [event, ...rest])
  }
})

test.after.always((t) => {
  Server.prototype.emit = emit
  t.true(hidden > 200)
})

contract({
  name: 'tcp by events',
  channel: new TcpChannel(),
  freshAddress: () => 'tcp://127.0.0.1:0',
})
