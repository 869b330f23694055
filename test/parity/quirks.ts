// What plain peers do that is not as one would expect (spec G.4, K and elsewhere), and ours at it.

export interface Quirk {
  /** The section of the spec, and the number there. */
  readonly key: string
  readonly peer: string
  readonly ours: string
  /** Why no test plays such a peer. */
  readonly reason?: string
}

const NO_SHARED_MEMORY = 'neither mem nor shm is announced, so no peer uses them with us'
const NOT_SEEN = 'stays inside the peer: nothing of it is on the wire'

const G4: readonly Quirk[] = [
  {
    key: 'G.4-1',
    peer: 'forwards with the crypto and compression of the hop before in the head',
    ours: 'clears both when it forwards; reads such a body as clear where this link has no keys, \
or did not offer that compression; else a fault, the third in a row ends the link',
  },
  {
    key: 'G.4-2',
    peer: 'as server answers with its full cipher list, not with the one it picked',
    ours: 'takes the first of the list that it sent itself',
  },
  {
    key: 'G.4-3',
    peer: 'C++ puts a length byte before a public key, Go does not',
    ours: 'reads both, sends the form of C++',
  },
  {
    key: 'G.4-4',
    peer: 'starts both directions from the same key and IV, and counts on',
    ours: 'reads any IV from the head; draws its own at random for every message',
  },
  {
    key: 'G.4-5',
    peer: 'C++ pads an aligned CBC or XXTEA body with nothing, Go wants padding',
    ours: 'pads in full, reads both',
  },
  {
    key: 'G.4-6',
    peer: 'checks neither timestamp nor nonce, and may have no clock',
    ours: 'refuses what is older than 300 s or seen before (−11); the window can be turned off',
  },
  {
    key: 'G.4-7',
    peer: 'ignores “no upstream”, so messages may come down that want to go up again',
    ours: 'takes nothing up that came from above or from the side: answers −66',
  },
  {
    key: 'G.4-8',
    peer: 'prints the port of an accepted connection byte-swapped',
    ours: 'does not look at it',
    reason: NOT_SEEN,
  },
  {
    key: 'G.4-9',
    peer: 'tracks only one of several pending connections with the same address',
    ours: 'tracks each by itself, and closes each that stays silent',
  },
  {
    key: 'G.4-10',
    peer: 'tells the end of a connection twice',
    ours: 'tells the end of a link once',
  },
  {
    key: 'G.4-11',
    peer: 'counts bad frames for the whole node, and never forgets one',
    ours: 'sends whole frames only; a connection that is closed for what another one did \
is dialled again',
  },
  {
    key: 'G.4-12',
    peer: 'reports success for an endpoint that it did not add',
    ours: '—',
    reason: NOT_SEEN,
  },
  {
    key: 'G.4-13',
    peer: 'skips a writer that stalls over shared memory',
    ours: '—',
    reason: NO_SHARED_MEMORY,
  },
  {
    key: 'G.4-14',
    peer: 'leaves shared memory behind',
    ours: '—',
    reason: NO_SHARED_MEMORY,
  },
  {
    key: 'G.4-15',
    peer: 'Go answers pings with sequence 0 and type 0',
    ours: 'counts it as life; no round trip is measured',
  },
  {
    key: 'G.4-16',
    peer: 'Go refuses a registration twice',
    ours: 'has closed after the first; waits once, dials once',
  },
  {
    key: 'G.4-17',
    peer: 'Go reports a missing next hop as −602',
    ours: 'reads it as NO_ROUTE',
  },
  {
    key: 'G.4-18',
    peer: 'Go pings its parent at every turn once a ping is due',
    ours: 'answers each',
  },
  {
    key: 'G.4-19',
    peer: 'Go lets silent connections stand, and forgets to close',
    ours: 'gives up a registration after 5 s and a silent link after 24 s, whoever accepted it',
  },
  {
    key: 'G.4-20',
    peer: 'a Go server without a key exchange refuses whoever offers one (−236)',
    ours: 'tells CRYPTO_REFUSED and tries again later; never offers less by itself: set \
`keyExchange` to `none`',
  },
  {
    key: 'G.4-21',
    peer: 'reads and writes addresses of its own making',
    ours: 'takes them as text, dials only what it was given itself',
  },
  {
    key: 'G.4-22',
    peer: 'keeps the data of a topology update that it refused as a circle',
    ours: 'refuses the whole',
  },
  {
    key: 'G.4-23',
    peer: 'every hop answers a message with `REQUIRE_RSP`',
    ours: 'only the target’s own answer confirms; the others are dropped',
  },
  {
    key: 'G.4-24',
    peer: 'leaves from and to as they were in an answer to itself',
    ours: '—',
    reason: NOT_SEEN,
  },
  {
    key: 'G.4-25',
    peer: 'answers no custom command over shared memory',
    ours: '—',
    reason: NO_SHARED_MEMORY,
  },
  {
    key: 'G.4-26',
    peer: 'takes, and may send, clear text on an encrypted connection',
    ours: 'drops it as a fault; the third in a row ends the link',
  },
  {
    key: 'G.4-27',
    peer: 'never recognises a parent that was given as 0.0.0.0',
    ours: 'does: a parent is known by the dial, not by its address',
  },
  {
    key: 'G.4-28',
    peer: 'lists its ciphers in no particular order',
    ours: 'picks the first that it allows, and answers with that one alone',
  },
  {
    key: 'G.4-29',
    peer: 'frames Windows pipes in libuv’s own way',
    ours: '—',
    reason: 'on Windows there is TCP only',
  },
]

const K: readonly Quirk[] = [
  {
    key: 'K-1',
    peer: 'closes a connection after 257 reads that found nothing',
    ours: 'dials again: at once, or after 0.5 to 3 s where the link had not lasted 3 s; \
what was not handed over is not lost, `send` says `no_route`',
  },
  {
    key: 'K-2',
    peer: 'as client picks by the order of the answer',
    ours: 'answers with one cipher, which leaves no choice',
  },
  {
    key: 'K-3',
    peer: 'repeats nonces between the two directions',
    ours: 'repeats none, and never uses the derived IV',
  },
  {
    key: 'K-4',
    peer: 'loses messages of a stalled writer over shared memory',
    ours: '—',
    reason: NO_SHARED_MEMORY,
  },
  {
    key: 'K-5',
    peer: 'kills connections that come at the same time through one unix socket',
    ours: 'takes all of them; cut off itself, it dials again',
  },
  {
    key: 'K-6',
    peer: 'a child whose parent is not up ends for good',
    ours: 'goes on trying; `firstConnection: give_up` does as the family does',
  },
  {
    key: 'K-7',
    peer: 'answers `REQUIRE_RSP` at each hop; runs a command for a sibling itself',
    ours: 'lets the others’ answers go by; names the node that ran the command',
  },
  {
    key: 'K-8',
    peer: 'accepts a client with its own id; closes without a word for an id in use',
    ours: 'refuses its own id (−73) in both roles; tries again after a close',
  },
  {
    key: 'K-9',
    peer: 'is as fast as it is',
    ours: '—',
    reason: 'figures, not behaviour; ours are in the benchmarks',
  },
]

const ELSEWHERE: readonly Quirk[] = [
  {
    key: 'A.4.1-1',
    peer: 'numbers its messages as before 2026-03, under the same version',
    ours: 'drops what it does not know, and closes after 5 s without a registration',
  },
  {
    key: 'A.6.3-1',
    peer: 'lists key derivations that nobody knows, or none',
    ours: 'uses HKDF-SHA256, the only one there is',
  },
  {
    key: 'A.6.4-1',
    peer: 'Go confirms no handshake without keys',
    ours: 'does not wait for one',
  },
  {
    key: 'A.6.4-2',
    peer: 'sends sealed messages before it confirmed its keys',
    ours: 'cannot read them: faults, the third in a row ends the link (CIPHER_MISMATCH)',
  },
  {
    key: 'A.6.4-3',
    peer: 'confirms with a wrong sequence',
    ours: 'ignores it; the right one still counts',
  },
  {
    key: 'A.7-1',
    peer: 'compresses with anything that was offered to it',
    ours: 'unpacks whatever it offered',
  },
  {
    key: 'C.4-1',
    peer: 'writes a handshake with sequence 0 and no key where none was asked for',
    ours: 'takes it for none',
  },
  {
    key: 'C.4-2',
    peer: 'refuses, and leaves it to the client to close',
    ours: 'closes at once',
  },
  {
    key: 'C.4-3',
    peer: 'registers again on a connection that is registered',
    ours: 'answers; nothing else changes',
  },
]

export const QUIRKS: readonly Quirk[] = [...G4, ...K, ...ELSEWHERE]
