package detect

import (
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever answers came before, within the timeout, phi never calls a silence
// improbable that is shorter than SilenceMin.
func TestSilenceMin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Config{Kind: Phi, DataFailures: -1, PhiThreshold: rapid.IntRange(1000, 30000).Draw(t, "threshold"), PhiMargin: -1, PhiStdMin: time.Millisecond}
		c = c.WithDefaults()
		d, err := New(c, 0, rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "seed"))))
		if err != nil {
			t.Fatal(err)
		}
		answers := rapid.IntRange(1, 30).Draw(t, "answers")
		last := time.Duration(-1)
		for now := time.Duration(0); ; now = d.Next() {
			out := d.Tick(now)
			if out.Changed {
				if out.Change.Cause == CausePhi && last >= 0 && now-last < c.SilenceMin() {
					t.Fatalf("down after a silence of %v, SilenceMin is %v", now-last, c.SilenceMin())
				}
				return
			}
			if out.Send != SendProbe || answers == 0 {
				continue
			}
			answers--
			at := now + time.Duration(rapid.Int64Range(0, int64(c.Timeout)-1).Draw(t, "latency"))
			if at >= d.Next() {
				continue // phi gave up first
			}
			d.ProbeReply(at, out.Number, 1, true)
			last = at
		}
	})
}
