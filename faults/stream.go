package faults

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

// Stream is a random stream keyed by a run's seed and a name, for worlds that bring none of their own: a draw added
// to one stream moves nothing in another.
func Stream(seed uint64, name string) *rand.Rand {
	key := binary.LittleEndian.AppendUint64(nil, seed)
	return rand.New(rand.NewChaCha8(sha256.Sum256(append(key, name...))))
}
