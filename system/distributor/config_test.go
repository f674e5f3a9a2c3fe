package distributor

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"weir/system/cluster"
	"weir/system/detect"
	"weir/system/node/nodetest"
)

func TestDefaults(t *testing.T) {
	if err := (Config{}).Validate(); err != nil {
		t.Fatalf("the zero configuration: %v", err)
	}
	c := Config{AttemptTimeout: 3 * time.Second}.WithDefaults()
	if c.Workers != 4 || c.Window != 64 || c.Policy != "deficit" || c.Detector.DataTimeout != 3*time.Second {
		t.Errorf("defaults %+v", c)
	}
	if again := c.WithDefaults(); fmt.Sprint(again) != fmt.Sprint(c) {
		t.Errorf("defaults of defaults differ: %+v, %+v", again, c)
	}
	if c := (Config{JitterPPM: NoJitter, RetryPercent: NoPercent}).WithDefaults(); c.JitterPPM != NoJitter || c.RetryPercent != NoPercent {
		t.Errorf("none became %d, %d", c.JitterPPM, c.RetryPercent)
	}
}

func TestValidate(t *testing.T) {
	var many []Analyser
	for i := range 4097 {
		many = append(many, Analyser{fmt.Sprintf("a%d", i), 1})
	}
	for _, tc := range []struct {
		name string
		cfg  Config
		want []string // in the error; none: valid
	}{
		{"good", baseConfig(), nil},
		{"no analyser", Config{}, nil},
		{"bad id", Config{Analysers: []Analyser{{"a b", 1}, {"", 1}}}, []string{`"a b"`, `""`}},
		{"duplicate", Config{Analysers: []Analyser{{"a", 1}, {"b", 2}, {"a", 3}}}, []string{`"a" is given twice`}},
		{"weight", Config{Analysers: []Analyser{{"a", 1_000_001}}}, []string{"1000001"}},
		{"too many", Config{Analysers: many}, []string{"4097 analysers"}},
		{"spread", Config{Analysers: many[:4096], PacketMax: 1 << 20}, []string{"4096 analysers"}},
		{"packet max", Config{PacketMax: 1<<20 + 1}, []string{"packet_max 1048577"}},
		{"negatives", Config{Workers: -1, Window: -2, AttemptsMax: -3, QueueItems: -4, QueueBytes: -5, RetryMin: -6, DeadBytes: -7},
			[]string{"workers -1", "window -2", "attempts_max -3", "queue_items -4", "queue_bytes -5", "retry_min -6", "dead_bytes -7"}},
		{"ppm and percent", Config{JitterPPM: 1_000_001, RetryPercent: 101}, []string{"jitter_ppm 1000001", "retry_percent 101"}},
		{"names", Config{Policy: "best", State: "gossip", OnFull: "drop"}, []string{`"best"`, `"gossip"`, `"drop"`}},
		{"peers", Config{State: Crdt, Cluster: cluster.Config{Peers: []string{"d1", "d2", "d2", "a b"}}}, []string{`"d2" is given twice`, `"a b"`}},
		{"peers of one alone", Config{Cluster: cluster.Config{Peers: []string{"d2"}}}, []string{"in states crdt and crdt-counts only, not in local"}},
		{"durations", Config{AttemptTimeout: -1, BackoffBase: time.Microsecond, Hold: 25 * time.Hour, DrainMax: -1, RefuseWait: -1},
			[]string{"attempt_timeout -1ns", "backoff_base 1µs", "hold 25h", "drain_max -1ns", "refuse_wait -1ns"}},
		{"backoff", Config{BackoffBase: 2 * time.Second, BackoffMax: time.Second}, []string{"backoff_base 2s is longer"}},
		{"detector", Config{Detector: detect.Config{Failures: -1, Timeout: time.Hour}}, []string{"failures -1", "timeout 1h"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := tc.cfg.Validate()
			if len(tc.want) == 0 {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil {
				t.Fatal("valid")
			}
			for _, want := range tc.want {
				if n := strings.Count(err.Error(), want); n != 1 {
					t.Errorf("%q is named %d times in: %v", want, n, err)
				}
			}
			if err := nodetest.New("d1", 1).Boot(Boot(tc.cfg)); err == nil || !strings.Contains(err.Error(), "d1") {
				t.Errorf("boot said %v", err)
			}
		})
	}
}
