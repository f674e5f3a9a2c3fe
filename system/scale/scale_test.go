package scale

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestAsk(t *testing.T) {
	for _, tc := range []struct {
		cfg  Config
		n    int
		v    Values
		want int
	}{
		{Config{Max: 20}, 4, Values{CPU: Of(700)}, 4},
		{Config{Max: 20}, 4, Values{CPU: Of(770)}, 4},
		{Config{Max: 20}, 4, Values{CPU: Of(771)}, 5},
		{Config{Max: 20}, 4, Values{CPU: Of(630)}, 4},
		{Config{Max: 20}, 4, Values{CPU: Of(629)}, 4}, // 3.6 workers are 4
		{Config{Max: 20}, 4, Values{CPU: Of(525)}, 3},
		{Config{Max: 20}, 4, Values{CPU: Of(526)}, 4},
		{Config{Max: 20}, 4, Values{CPU: Of(0)}, 1},
		{Config{Max: 20}, 4, Values{CPU: Of(-1)}, 4},
		{Config{Max: 20, Wait: 50 * time.Millisecond}, 4, Values{Wait: Of(0)}, 4},
		{Config{Max: 20, Wait: 50 * time.Millisecond}, 4, Values{Wait: Of(100e6)}, 8},
		{Config{Max: 20, Wait: 50 * time.Millisecond, CPU: 700}, 4, Values{Wait: Of(0), CPU: Of(300)}, 2},
		{Config{Max: 20, Wait: 50 * time.Millisecond, CPU: 700}, 4, Values{CPU: Of(300)}, 4},
		{Config{Max: 20, Wait: 50 * time.Millisecond, CPU: 700}, 4, Values{CPU: Of(1400)}, 8},
		{Config{Max: 20, Emitters: 10}, 3, Values{Emitters: Of(101000 / 3)}, 11},
		{Config{Max: 20, Emitters: 10}, 3, Values{Emitters: Of(100000 / 3)}, 10},
		{Config{Max: 20}, 4, Values{CPU: Of(math.MaxInt64)}, askMost},
	} {
		if d := New(tc.cfg, 0, tc.n).Decide(time.Second, &tc.v); d.Want != tc.want {
			t.Errorf("%s: wants %d, not %d", tc.cfg.Text(&tc.v), d.Want, tc.want)
		}
	}
}

// TestReasons follows a controller through each reason.
func TestReasons(t *testing.T) {
	cfg := Config{Max: 6, Min: 2, WindowDown: 10 * time.Second, CooldownDown: 30 * time.Second, CooldownUp: 3 * time.Second, StepUp: 2}
	c := New(cfg, 0, 2)
	for i, tc := range []struct {
		at  time.Duration
		cpu Value
		to  int
		why Why
	}{
		{1, Of(700), 2, Steady},
		{2, Value{}, 2, Blind},
		{3, Of(100), 2, Limit},
		{4, Of(2000), 4, Up}, // the step holds back a third
		{5, Of(2000), 4, Cooldown},
		{7, Of(2000), 6, Up},
		{8, Of(2000), 6, Limit},
		{9, Of(10), 6, Window},
		{20, Of(10), 6, Cooldown},
		{37, Of(10), 5, Down},
		{38, Of(10), 5, Cooldown},
		{67, Of(10), 4, Down},
	} {
		d := c.Decide(tc.at*time.Second, &Values{CPU: tc.cpu})
		if d.To != tc.to || d.Why != tc.why {
			t.Errorf("case %d: %+v, want %d by %s", i, d, tc.to, tc.why)
		}
	}
}

func TestThousandths(t *testing.T) {
	for _, tc := range []struct {
		x    float64
		want Value
	}{
		{0, Of(0)}, {1.5, Of(1500)}, {math.NaN(), Value{}}, {math.Inf(1), Value{}}, {math.Inf(-1), Value{}},
		{-0.001, Value{}}, {1e300, Of(math.MaxInt64)}, {0.0009, Of(0)}, {5e-324, Of(0)}, {0.125, Of(125)}, {0.001, Of(1)},
		{123456.75, Of(123456750)}, {1 << 51, Of(math.MaxInt64)}, {1 << 53, Of(math.MaxInt64)}, {1.0 / (1 << 12), Of(0)},
	} {
		if got := Thousandths(tc.x); got != tc.want {
			t.Errorf("%v: %+v, want %+v", tc.x, got, tc.want)
		}
	}
}

func TestText(t *testing.T) {
	c := Config{Max: 3, Wait: time.Millisecond, CPU: 700, Emitters: 2}
	if got := c.Text(&Values{Wait: Of(5), Emitters: Of(1500)}); got != "wait=5/1000000,cpu=-/700,emitters=1500/2000" {
		t.Error(got)
	}
}

// TestValidate holds that every wrong field is named, with all the others.
func TestValidate(t *testing.T) {
	ok := []Config{{}, {Max: 1}, {Max: 1000, Min: 1000, Tolerance: None, WindowDown: None, CooldownDown: None, Wait: time.Second}}
	for _, c := range ok {
		if err := c.Validate(); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
	bad := Config{
		Max: 4, Min: 5, Every: time.Millisecond, Wait: time.Hour, Response: 1, CPU: 5, Memory: 1001, Emitters: -1,
		Tolerance: 901, StepUp: -1, StepDown: 1001, WindowUp: 25 * time.Hour, WindowDown: -2, CooldownUp: -3, CooldownDown: 25 * time.Hour,
	}
	err := bad.Validate()
	for _, name := range []string{"min", "every", "wait", "response", "cpu", "memory", "emitters", "tolerance", "step_up", "step_down", "window_up", "window_down", "cooldown_up", "cooldown_down"} {
		if err == nil || !strings.Contains(err.Error(), name+" ") {
			t.Errorf("%s is not reported: %v", name, err)
		}
	}
	for _, c := range []Config{{CPU: 700}, {Max: -1}, {Max: 1001}} {
		if c.Validate() == nil {
			t.Errorf("%+v passes", c)
		}
	}
}

// FuzzDecide holds that no values, however wild, lead out of the limits or the step.
func FuzzDecide(f *testing.F) {
	f.Add(uint8(3), uint8(2), int64(5), int64(-1), 0.7, math.NaN(), int64(1000))
	f.Add(uint8(200), uint8(1), int64(math.MaxInt64), int64(1<<40), math.Inf(1), -1.0, int64(0))
	f.Fuzz(func(t *testing.T, top, start uint8, wait, response int64, cpu, memory float64, pass int64) {
		cfg := Config{Max: int(top)%200 + 1, Wait: time.Millisecond, Response: time.Millisecond, CPU: 700, Memory: 500, Emitters: 3}.WithDefaults()
		n := int(start)%cfg.Max + 1
		c := New(cfg, 0, n)
		v := &Values{Of(wait), Of(response), Thousandths(cpu), Thousandths(memory), Of(wait ^ response)}
		for i := range 5 {
			d := c.Decide(time.Duration(i)*time.Duration(uint64(pass)%uint64(time.Hour)), v)
			if d.From != n || d.To < 1 || d.To > cfg.Max || d.To > n+cfg.StepUp || d.To < n-cfg.StepDown || d.Want < 1 || d.Want > askMost {
				t.Fatalf("%+v of %d", d, n)
			}
			n = d.To
		}
	})
}
