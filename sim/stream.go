package sim

import (
	"math/bits"
	"math/rand/v2"
	"strconv"
)

// Stream returns a new random stream keyed by the seed and a name. Streams of
// different names are unrelated, so that a draw more in one moves nothing in
// another. The generator is PCG, whose output Go's own tests fix.
func Stream(seed uint64, name string) *rand.Rand {
	h := hashName(name)
	return rand.New(rand.NewPCG(scramble(seed+mixA), scramble(h^scramble(seed))))
}

// Stream returns the world's stream of this name. The same name gives the same
// stream, which goes on where it stopped. Names that begin with "sim/" belong
// to the world itself.
func (w *World) Stream(name string) *rand.Rand {
	r, ok := w.streams[name]
	if !ok {
		r = Stream(w.seed, name)
		w.streams[name] = r
	}
	return r
}

// Rand returns the actor's own stream, keyed by seed, node name, incarnation
// and actor name.
func (c *Ctx) Rand() *rand.Rand {
	a := c.live()
	if a.rng == nil {
		name := "sim/actor/" + strconv.Quote(a.node.cfg.Name) + "/" + strconv.FormatUint(uint64(a.addr.Inc), 10) + "/" + a.addr.Actor
		a.rng = Stream(c.w.seed, name)
	}
	return a.rng
}

// ppmAll is one million: a probability of 1 in parts per million.
const ppmAll = 1_000_000

// purpose separates the draws that one counter value serves. Links and disks
// draw by (own seed, counter, purpose) rather than from a sequence: an
// impairment that needs more draws leaves every other draw where it was.
type purpose uint64

const (
	drawLatency purpose = iota + 1
	drawTail
	drawJitter
	drawLoss
	drawCorrupt
	drawDuplicate
	drawReorder
	drawTear
	drawRot
	drawFail purpose = 1 << 9 // a failure on its way back
	drawCopy purpose = 1 << 8 // added for the second copy of a duplicated message
)

// draw returns 64 random bits for the n-th act of the owner of seed.
func draw(seed, n uint64, p purpose) uint64 {
	return scramble(seed + n*mixA + uint64(p)*mixB)
}

// below maps a draw to 0 .. n-1 by multiplication; the bias is below n / 2^64.
func below(draw, n uint64) uint64 {
	hi, _ := bits.Mul64(draw, n)
	return hi
}

// hits reports whether a draw falls within a probability in parts per million.
func hits(draw uint64, ppm uint32) bool {
	return ppm > 0 && below(draw, ppmAll) < uint64(ppm)
}
