package sim

import "math/bits"

// Odd 64-bit constants with no structure of their own: digits of the golden
// ratio, of sqrt(2), sqrt(3), sqrt(5) and sqrt(7).
const (
	mixA = 0x9e3779b97f4a7c15
	mixB = 0x6a09e667f3bcc909
	mixC = 0xbb67ae8584caa73b
	mixD = 0x3c6ef372fe94f82b
	mixE = 0xa54ff53a5f1d36f1
)

// fold multiplies to 128 bits and folds the halves: each output bit depends
// on all input bits, for the price of one multiplication.
func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// scramble is a bijection on 64 bits (the finaliser of SplitMix64, from
// Steele, Lea and Flood 2014): nearby inputs give unrelated outputs.
func scramble(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// hashName hashes a name with FNV-1a.
func hashName(name string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := 0; i < len(name); i++ {
		h = (h ^ uint64(name[i])) * 0x100000001b3
	}
	return h
}

// hashEvent folds one scheduler event into the running hash: its time, kind,
// class, cause, both ends, size and ids. The two inner products are
// independent, so that a processor overlaps them.
func (w *World) hashEvent(at int64, s *slot) {
	who := uint64(s.kind) | uint64(s.class)<<8 | uint64(s.fail)<<16 | uint64(uint32(s.target))<<32
	what := uint64(s.token) ^ s.key*mixE
	where := uint64(uint32(s.from)) | uint64(uint32(s.toNode))<<32
	x := fold(uint64(at)^mixA, who^mixB) ^ fold(what^mixC, where^uint64(s.size)*mixA^mixD)
	w.hash = fold(w.hash^x, mixE)
}

// Mix folds v into the running hash, so that the user's own trace (log bytes,
// decisions) is part of what two runs must agree on.
func (w *World) Mix(v uint64) { w.hash = fold(w.hash^v^mixC, mixA) }

// Hash returns the running hash over every scheduler event so far and all that
// was given to Mix. Two runs with one seed and one program have equal hashes
// at equal event numbers, on every platform.
func (w *World) Hash() uint64 { return w.hash }
