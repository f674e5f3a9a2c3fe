package lines

import (
	"testing"
	"time"

	"weir/system/message"
)

func TestRecognise(t *testing.T) {
	const none = ""
	for _, c := range []struct {
		line, at string
		severity message.Severity
	}{
		{"", none, 0},
		{"hello world", none, 0},
		{"[Sun Dec 04 04:47:44 2005] [notice] ready", "2005-12-04T04:47:44Z", message.Info + 1},
		{"[Sun Dec 04 04:47:44 2005] [error] child in state 6", "2005-12-04T04:47:44Z", message.Error},
		{"[Fri Dec 16 01:46:23.123456 2005] [core:error] [pid 35] x", "2005-12-16T01:46:23.123456Z", 0},
		{"081109 203518 148 INFO dfs.DataNode: block", "2008-11-09T20:35:18Z", message.Info},
		{"081109 203518 148 nothing", none, 0},
		{"Jun 14 15:16:01 host sshd[1]: authentication failure", none, 0},
		{"Jun  4 15:16:01 host app: ERROR: disk", none, message.Error},
		{"<13>Jun 14 15:16:01 host app: warning: disk", none, message.Warn},
		{"2024-02-29T12:00:00Z INFO up", "2024-02-29T12:00:00Z", message.Info},
		{"2023-02-29T12:00:00Z INFO no such day", none, message.Info},
		{"2024-01-02 03:04:05,678 - WARN - slow", "2024-01-02T03:04:05.678Z", message.Warn},
		{"2024/01/02 03:04:05 [error] 12#0: x", "2024-01-02T03:04:05Z", message.Error},
		{"2024-01-02T03:04:05.123456789+05:30 debug: x", "2024-01-01T21:34:05.123456789Z", message.Debug},
		{"[2024-01-02T03:04:05Z] <fatal> x", "2024-01-02T03:04:05Z", message.Fatal},
		{"2024-13-02T03:04:05Z x", none, 0},
		{"2024-01-02T03:04:05Zulu x", none, 0},
		{`127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /ERROR HTTP/1.0" 200 2326`, "2000-10-10T20:55:36Z", 0},
		{"1700000000 INFO x", "2023-11-14T22:13:20Z", message.Info},
		{"1700000000.5 x", "2023-11-14T22:13:20.5Z", 0},
		{"1700000000123 x", "2023-11-14T22:13:20.123Z", 0},
		{"1700000000-abc", none, 0},
		{"17000000001 x", none, 0},
		{"level=info msg=ok", none, message.Info},
		{`{"level":"warn","msg":"x"}`, none, message.Warn},
		{"no error found here", none, 0},
		{"a b c d e ERROR too late", none, 0},
		{"everything is fine: good", none, 0},
		{"ERRORS are many", none, 0},
		{"panic: runtime error", none, message.Fatal},
		{"CRITICAL meltdown", none, message.Error + 1},
	} {
		at, severity := Config{}.Recognise(c.line)
		want := int64(0)
		if c.at != none {
			w, err := time.Parse(time.RFC3339Nano, c.at)
			if err != nil {
				t.Fatal(err)
			}
			want = w.UnixNano()
		}
		if at != want || severity != c.severity {
			t.Errorf("%q: %s, %d; want %s, %d", c.line, time.Unix(0, at).UTC().Format(time.RFC3339Nano), severity, c.at, c.severity)
		}
	}
}

func TestReferenceYear(t *testing.T) {
	for _, c := range []struct {
		line string
		year int
		want int64
	}{
		{"Jun 14 15:16:01 host x", 2005, time.Date(2005, 6, 14, 15, 16, 1, 0, time.UTC).UnixNano()},
		{"Feb 29 15:16:01 host x", 2005, 0},
		{"Feb 29 15:16:01 host x", 2004, time.Date(2004, 2, 29, 15, 16, 1, 0, time.UTC).UnixNano()},
		{"Jun 14 15:16:01 host x", 0, 0},
	} {
		if got, _ := (Config{Year: c.year}).Recognise(c.line); got != c.want {
			t.Errorf("%q in %d: %d, want %d", c.line, c.year, got, c.want)
		}
	}
}

func TestConfigReportsAllErrors(t *testing.T) {
	if err := (Config{LineMax: -1, Year: 3000}).Validate(); err == nil || len(err.Error()) < 60 {
		t.Errorf("error %v does not name both", err)
	}
}

// FuzzRecognise: whatever a line holds, recognition ends, depends on its
// beginning only, and finds nothing that cannot be.
func FuzzRecognise(f *testing.F) {
	f.Add("[Sun Dec 04 04:47:44 2005] [notice] x", 0)
	f.Add("081109 203518 148 INFO x", 2020)
	f.Add("Jun 14 15:16:01 x", 2020)
	f.Add(`h - - [10/Oct/2000:13:55:36 -0700] "x"`, 0)
	f.Add("1700000000.123 {\"level\":\"info\"}", 0)
	f.Fuzz(func(t *testing.T, line string, year int) {
		c := Config{Year: year}
		if c.Validate() != nil {
			return
		}
		at, severity := c.Recognise(line)
		if severity > 24 || at < -24*3600*1e9 {
			t.Fatalf("%d, %d", at, severity)
		}
		if len(line) > headMax {
			if at2, severity2 := c.Recognise(line[:headMax]); at2 != at || severity2 != severity {
				t.Fatal("looks beyond the beginning")
			}
		}
	})
}

func BenchmarkRecognise(b *testing.B) {
	c := Config{}
	for b.Loop() {
		c.Recognise("[Sun Dec 04 04:47:44 2005] [notice] workers ready, 12 of them")
	}
}
