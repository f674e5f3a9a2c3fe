package scenarios

import (
	"bytes"
	"testing"
	"time"

	"weir/system/detect"
	"weir/system/distributor"
)

// What a scenario says must reach the roles, also where its zero means none and
// theirs means the default.
func TestBuildMapsZeroToNone(t *testing.T) {
	s, err := Parse("z.yaml", []byte(`
name: z
emitters: {backoff: {jitter: 0%}}
distributors:
  persist: false
  backoff: {jitter: 0%}
  retry_budget: {percent: 0}
  detector: {kind: phi, jitter: 0s, phi: {margin: 0s}}
analysers: {count: 2, weights: [3, 0], spares: 1}
`))
	if err != nil {
		t.Fatal(err)
	}
	d := s.Distributor()
	if d.JitterPPM != distributor.NoJitter || d.RetryPercent != distributor.NoPercent || !d.Volatile || d.Central {
		t.Errorf("distributor %+v", d)
	}
	if len(d.Analysers) != 2 || d.Analysers[1].Weight != 0 {
		t.Errorf("a spare is registered, or a weight is lost: %+v", d.Analysers)
	}
	if det := s.Detector(); det.Kind != detect.Phi || det.Jitter >= 0 || det.PhiMargin >= 0 || det.DataTimeout != s.Distributors.AttemptTimeout {
		t.Errorf("detector %+v", det)
	}
	if e := s.Emitter(nil, 0); e.JitterPPM != -1 || e.Generator == nil || e.Generator.Until != 25*time.Second {
		t.Errorf("emitter %+v", e)
	}
}

// What the generator makes as one packet must not be cut into several.
func TestBuildLeavesGiantsWhole(t *testing.T) {
	for name, want := range map[string]int64{"giant-packet": 5000, "packets-1-to-100": 100} {
		most := int64(0)
		for _, f := range runSmall(t, Options{}, name).Logs {
			for _, line := range bytes.Split(bytes.TrimSuffix(f.Data.Bytes(), []byte("\n")), []byte("\n")) {
				if fieldOf(line, "k") != "emit" {
					continue
				}
				n, err := parseInt(fieldOf(line, "n"))
				if err != nil {
					t.Fatal(err)
				}
				most = max(most, n)
			}
		}
		if most != want {
			t.Errorf("%s: the largest packet has %d messages, want %d", name, most, want)
		}
	}
}

func TestInputRate(t *testing.T) {
	s := Default()
	usual := s.InputRate(0)
	if usual != 275 { // 50 packets a second of 5.5 messages on average
		t.Errorf("the usual rate is %d", usual)
	}
	for _, lines := range []int64{1, 1000, 1 << 20, 1 << 40, 1 << 62} {
		rate := s.InputRate(lines)
		seconds := int64(s.ProduceFor().Seconds())
		enough := int64(rate) >= 1<<31-1 || int64(rate)*seconds >= lines
		spread := int64(rate) <= lines/seconds*11/10+2
		if !enough || !spread {
			t.Errorf("%d lines are read at %d a second, in %d seconds", lines, rate, seconds)
		}
	}
}
