// etcd as a list of who is there, over its JSON gateway: a key with a lease, and a watch.

export interface EtcdEvent {
  /** Absent means PUT. */
  readonly type?: 'DELETE'
  readonly kv: { readonly key: string }
}

interface WatchAnswer {
  readonly result?: { readonly created?: boolean; readonly events?: readonly EtcdEvent[] }
}

export function encoded(text: string): string {
  return Buffer.from(text).toString('base64')
}

export async function etcdCall(
  server: string,
  path: string,
  body: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  const answer = await fetch(`${server}/v3/${path}`, { method: 'POST', body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`etcd: ${path}: ${answer.status}`)
  return (await answer.json()) as Readonly<Record<string, unknown>>
}

/** Answers come as lines of JSON; resolves once the watch stands. */
export async function watchKeys(
  server: string,
  prefix: string,
  told: (event: EtcdEvent) => void,
): Promise<void> {
  const range = { key: encoded(prefix), range_end: encoded(`${prefix}~`) }
  const body = JSON.stringify({ create_request: range })
  const answer = await fetch(`${server}/v3/watch`, { method: 'POST', body })
  if (answer.body === null) throw new Error('etcd: no watch')
  const lines = linesOf(answer.body)
  await lines.next()
  void (async () => {
    for await (const line of lines) {
      const { result } = JSON.parse(line) as WatchAnswer
      for (const event of result?.events ?? []) told(event)
    }
  })()
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder()
  let held = ''
  for await (const bytes of body) {
    held += decoder.decode(bytes, { stream: true })
    const lines = held.split('\n')
    held = lines.pop() ?? ''
    yield* lines
  }
}
