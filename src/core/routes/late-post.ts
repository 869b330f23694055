// Sends what the nodes have to say to each other, once the data path is there that needs routing.

import { OutgoingData } from '../../wire/data-codec.js'
import type { Link } from '../link.js'
import type { Post } from './life-probe.js'

export class LatePost implements Post {
  #post: Post | undefined

  open(post: Post): void {
    this.#post = post
  }

  newMessage(): OutgoingData {
    return new OutgoingData()
  }

  send(message: OutgoingData): ReturnType<Post['send']> {
    return this.#post?.send(message) ?? 'no_route'
  }

  sendVia(link: Link, message: OutgoingData): ReturnType<Post['sendVia']> {
    return this.#post?.sendVia(link, message) ?? 'no_route'
  }
}
