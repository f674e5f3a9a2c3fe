package scale

import (
	"math"
	"strconv"
)

// Signal is something measured that tells whether there are enough workers.
type Signal uint8

// The signals. Wait and Response are latencies: far from their target they do not
// grow with the load, so that alone they never ask for fewer workers than there are.
const (
	Wait     Signal = iota // ns from a packet's admission until a worker has it, mean
	Response               // ns from a packet's admission to its commit, mean
	CPU                    // thousandths of a core that each worker keeps busy
	Memory                 // thousandths of the memory that may be used
	Emitters               // thousandths of an emitter that each worker has
	Signals                // how many there are
)

var signalNames = [Signals]string{"wait", "response", "cpu", "memory", "emitters"}

// String returns the signal's name in configurations and in the log.
func (s Signal) String() string {
	if s >= Signals {
		return "invalid"
	}
	return signalNames[s]
}

// latency reports whether the signal can only say that workers are missing.
func (s Signal) latency() bool { return s == Wait || s == Response }

// Value is a signal's value in its unit; Known false: it could not be measured.
type Value struct {
	Amount int64
	Known  bool
}

// amountMost bounds a value, so that products with a number of workers fit:
// 18 minutes, or a thousand million cores.
const amountMost = 1 << 40

// Of is the value of something measured as an integer; a negative one is no value.
func Of(amount int64) Value {
	if amount < 0 {
		return Value{}
	}
	return Value{min(amount, amountMost), true}
}

// Thousandths is the value of something measured as a fraction, in exact thousandths
// of it, rounded down: NaN, an infinity and what is negative is no value.
func Thousandths(x float64) Value {
	if math.IsNaN(x) || math.IsInf(x, 0) || x < 0 {
		return Value{}
	}
	bits := math.Float64bits(x)
	exponent, digits := int(bits>>52&0x7ff), bits&(1<<52-1)|1<<52
	switch shift := 1075 - exponent; { // x is digits / 2^shift
	case shift > 63:
		return Value{0, true}
	case shift <= 0:
		return Value{amountMost, true}
	default:
		return Value{min(int64(digits*1000>>shift), amountMost), true}
	}
}

// Values are the values of all signals at one moment.
type Values [Signals]Value

// Text lists the signals that have a target, as the log does: name=value/target with
// - for a value that is missing.
func (c *Config) Text(v *Values) string {
	var b []byte
	targets := c.targets()
	for s := range Signals {
		if targets[s] == 0 {
			continue
		}
		if len(b) > 0 {
			b = append(b, ',')
		}
		b = append(b, s.String()...)
		b = append(b, '=')
		if v[s].Known {
			b = strconv.AppendInt(b, v[s].Amount, 10)
		} else {
			b = append(b, '-')
		}
		b = append(b, '/')
		b = strconv.AppendInt(b, targets[s], 10)
	}
	return string(b)
}
