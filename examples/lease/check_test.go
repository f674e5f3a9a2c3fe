package lease_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"weir/examples/lease"
)

// history makes records of lines such as "9s written c1 4 2 17": time, kind, client, lease,
// write, value.
func history(t *testing.T, lines string) (records []lease.Record) {
	t.Helper()
	for line := range strings.Lines(lines) {
		var r lease.Record
		var at string
		if _, err := fmt.Sscan(line, &at, &r.Kind, &r.Client, &r.Token, &r.Seq, &r.Value); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		var err error
		if r.At, err = time.ParseDuration(at); err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	return records
}

// TestCheck judges histories written by hand.
func TestCheck(t *testing.T) {
	for _, c := range []struct{ name, lines, want string }{
		{"sound", "1s written c1 1 1 1\n2s acked c1 1 1 1\n3s written c2 2 1 2\n9s acked c2 2 1 2", ""},
		{"the same write twice in a row harms nobody", "1s written c1 1 1 1\n2s written c1 1 1 1\n9s acked c1 1 1 1", ""},
		{"unconfirmed writes count too", "1s written c1 1 1 1\n2s written c2 2 1 2\n9s acked c2 2 1 2", ""},
		{"two write the same", "1s written c1 1 1 1\n2s written c2 2 1 1\n9s acked c2 2 1 1", "lost: the counter was 1 and became 1"},
		{"an old one comes late", "1s written c1 1 1 1\n2s written c2 2 1 2\n3s written c1 1 1 1\n9s acked c1 1 1 1", "lost: the counter was 2 and became 1"},
		{"it jumps", "1s written c1 1 1 2\n9s acked c1 1 1 2", "lost: the counter was 0 and became 2"},
		{"confirmed for nothing", "1s written c1 1 1 1\n9s acked c1 1 2 2", "confirmed, but never done"},
		{"confirmed too soon", "8s acked c1 1 1 1\n9s written c1 1 1 1", "confirmed, but never done"},
		{"stuck", "1s written c1 1 1 1\n2s acked c1 1 1 1\n9s written c1 1 2 2", "stuck: nothing was confirmed"},
		{"nothing at all", "", "stuck: nothing was confirmed"},
	} {
		var got string
		for _, p := range lease.Check(history(t, c.lines)) {
			got += p.What + "; "
		}
		if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
