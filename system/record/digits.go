package record

import "math/bits"

// pairs holds the two digits of 0 to 99.
const pairs = "0001020304050607080910111213141516171819" +
	"2021222324252627282930313233343536373839" +
	"4041424344454647484950515253545556575859" +
	"6061626364656667686970717273747576777879" +
	"8081828384858687888990919293949596979899"

// powers holds 10^i.
var powers = func() (p [20]uint64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = 10 * p[i-1]
	}
	return p
}()

// digits returns how many decimal digits v has.
func digits(v uint64) int {
	n := bits.Len64(v|1) * 1233 >> 12 // log10, rounded down or one less than that
	if v|1 >= powers[n] {
		n++
	}
	return n
}

// appendUint is strconv.AppendUint in base 10, but writes in place: most of a
// log's text is numbers.
func appendUint(b []byte, v uint64) []byte {
	i := len(b) + digits(v)
	for i > cap(b) {
		b = append(b[:cap(b)], 0)
	}
	b = b[:i]
	for v >= 100 {
		q := v / 100
		r := 2 * (v - 100*q)
		i -= 2
		b[i], b[i+1] = pairs[r], pairs[r+1]
		v = q
	}
	if v >= 10 {
		b[i-2], b[i-1] = pairs[2*v], pairs[2*v+1]
	} else {
		b[i-1] = '0' + byte(v)
	}
	return b
}

func appendInt(b []byte, v int64) []byte {
	if v < 0 {
		return appendUint(append(b, '-'), -uint64(v))
	}
	return appendUint(b, uint64(v))
}
