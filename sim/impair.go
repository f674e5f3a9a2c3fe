package sim

import (
	"errors"
	"fmt"
	"time"
)

// Impairment is what a link does to the messages of a class beyond its
// configuration. Probabilities are in parts per million, 0 to 1,000,000.
type Impairment struct {
	ExtraDelay   time.Duration // added to every delay; 0 to 26 days
	Jitter       time.Duration // a uniform time from 0 to Jitter is added too
	LossPPM      uint32        // lost in silence
	DuplicatePPM uint32        // two copies arrive, each with its own delay
	ReorderPPM   uint32        // ReorderDelay is added: later messages overtake (not if Ordered: they wait)
	ReorderDelay time.Duration // 0 to 26 days
	CorruptPPM   uint32        // found out at the receiver: not delivered, and the sender gets ErrReset
	Rate         int64         // bytes a second, if lower than the link's; 0 = no limit
}

// Validate reports everything that is out of range, wrapping ErrConfig.
func (p Impairment) Validate() error {
	var errs []error
	for _, f := range []struct {
		name string
		v    time.Duration
	}{{"ExtraDelay", p.ExtraDelay}, {"Jitter", p.Jitter}, {"ReorderDelay", p.ReorderDelay}} {
		if f.v < 0 || f.v > delayMax {
			errs = append(errs, fmt.Errorf("%w: Impairment.%s is %v, not in 0 to %v", ErrConfig, f.name, f.v, delayMax))
		}
	}
	for _, f := range []struct {
		name string
		v    uint32
	}{{"LossPPM", p.LossPPM}, {"DuplicatePPM", p.DuplicatePPM}, {"ReorderPPM", p.ReorderPPM}, {"CorruptPPM", p.CorruptPPM}} {
		if f.v > ppmAll {
			errs = append(errs, fmt.Errorf("%w: Impairment.%s is %d, above %d", ErrConfig, f.name, f.v, ppmAll))
		}
	}
	if p.Rate < 0 {
		errs = append(errs, fmt.Errorf("%w: Impairment.Rate is %d, below 0", ErrConfig, p.Rate))
	}
	return errors.Join(errs...)
}

// rate returns the lower of the link's rate and the impairment's.
func (p *Impairment) rate(link int64) int64 {
	if p == nil || p.Rate == 0 {
		return link
	}
	if link == 0 {
		return p.Rate
	}
	return min(link, p.Rate)
}

// delay returns what is added to the delay of message n.
func (p *Impairment) delay(seed, n uint64, copy purpose) int64 {
	d := int64(p.ExtraDelay)
	if p.Jitter > 0 {
		d += int64(below(draw(seed, n, drawJitter+copy), uint64(p.Jitter)+1))
	}
	if hits(draw(seed, n, drawReorder+copy), p.ReorderPPM) {
		d += int64(p.ReorderDelay)
	}
	return d
}
