// Package reload keeps the newest good contents of small files that their owner may
// replace while a program runs: certificates, keys, tokens. It knows nothing of what is
// in them. It imports nothing of ours; packages that read such files import it.
package reload
