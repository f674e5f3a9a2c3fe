package logcheck

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// roomRun is a worker that is given a packet each 10 ms, or so many at once, and picks one
// each 10 ms after 50 or more, which then is on its way for so many milliseconds. With on_full skip and one analyser it
// has none to choose meanwhile. Its attempts end as told: unavailable, committed, timeout.
func roomRun(onFull string, analysers, window, flight, burst int, end string) string {
	const ms = 1_000_000
	set, weights := "a1=1:up", `{"id":"a1","weight":1}`
	if analysers == 2 {
		set, weights = set+",a2=1:up", weights+`,{"id":"a2","weight":1}`
	}
	lines := []string{"0 phase name=warmup", "0 d1.1/sup start", "1 d1.1/w1 view v=1 ver=1 set=" + set}
	at := func(t int, text string, arg ...any) {
		lines = append(lines, fmt.Sprintf("%d ", t)+fmt.Sprintf(text, arg...))
	}
	view := func(t, v int, status string) {
		if onFull == "skip" {
			at(t, "d1.1/w1 view v=%d ver=1 set=a1=1:%s", v, status)
			if analysers == 1 {
				at(t, "d1.1/w1 none_up on=%v", status == "full")
			}
		}
	}
	for i := 1; i <= 80; i++ {
		t, v, id := (250+(i-1)/burst*10*burst)*ms, 1, fmt.Sprintf("id=e1/1/%d", i)
		q := i - max((t/ms-290-flight)/10, 0)
		if onFull == "skip" {
			v = 2*i - 1
		}
		at(t, "e1.1/main emit %s n=2 b=20 h:000000aa", id)
		at(t, "e1.1/main -> d1.1/ingress s%d submit %s n=2 b=20 h:000000aa", i, id)
		at(t, "recv s%d", i)
		at(t, "d1.1/ingress admit %s w=w1 q=%d qb=%d", id, q, 20*q)
		t = (290 + 10*i) * ms
		at(t, "d1.1/w1 pick p=%d %s att=1 n=2 to=a1 v=%d", i, id, v)
		at(t, "d1.1/w1 -> a1.1/analyse p%d packet %s n=2 b=20 h:000000aa att=1", i, id)
		view(t, v+1, "full")
		at(t+1, "recv p%d", i)
		t += flight * ms
		if end != "timeout" {
			if end == "committed" {
				at(t-1, "a1.1/analyse commit %s n=2 h:000000aa cs=%d op=%d", id, i, i)
				at(t-1, "a1.1/analyse synced tok=%d file=log", i)
			}
			at(t-1, "a1.1/analyse -> d1.1/w1 r%d receipt %s att=1 st=%s", i, id, end)
			at(t, "recv r%d", i)
		}
		view(t, v+2, "up")
		if end == "committed" {
			at(t, "d1.1/w1 done %s att=1 to=a1 st=committed", id)
			at(t, "d1.1/ingress -> e1.1/main o%d result %s out=committed", i, id)
			at(t, "recv o%d", i)
			at(t, "e1.1/main outcome %s out=acked", id)
		} else {
			at(t, "d1.1/w1 attempt_failed %s att=1 to=a1 why=%s", id, end)
			at(t, "d1.1/w1 gave_up %s why=attempts", id)
			at(t, "d1.1/ingress -> e1.1/main o%d result %s out=gave_up wait=1", i, id)
			at(t, "recv o%d", i)
			at(t, "e1.1/main outcome %s out=expired why=attempts", id)
		}
	}
	when := func(line string) (t int64) { _, _ = fmt.Sscan(line, &t); return t }
	slices.SortStableFunc(lines, func(a, b string) int { return int(when(a) - when(b)) })
	return fmt.Sprintf(`{"distributor":{"workers":1,"window":%d,"on_full":%q,"attempts_max":1,"queue_items":100,"queue_bytes":100000,"attempt_timeout_ns":%d,"analysers":[%s],`+
		`"scale":{"min":1,"max":4,"every_ns":100000000,"cpu":500,"wait_ns":10000000,"tolerance":100,"step_up":1,"step_down":1,"rate":100000,"regular":true,"packet_ns":2000000}},`+
		`"emitter":{"buffer_packets":200,"retry_max_ns":10000000000},"settle_max_ns":10000000000}`,
		window, onFull, flight*ms, weights) + "\n" + strings.Join(lines, "\n") + "\n1200000000 phase name=settle"
}

// TestScaleRoom holds that S6 does not take it for a wait for a worker when a packet
// waits for room at the analysers, and takes everything else for one.
func TestScaleRoom(t *testing.T) {
	for _, c := range []struct {
		name, want, text string
	}{
		{"the window is full", "pass", roomRun("wait", 1, 1, 10, 1, "unavailable")},
		{"the window of one is full", "pass", roomRun("wait", 2, 1, 10, 1, "unavailable")},
		{"a wider window is full", "pass", roomRun("wait", 1, 2, 20, 1, "unavailable")},
		{"there is room most of the time", "fail", roomRun("wait", 1, 1, 1, 1, "unavailable")},
		{"there is room in a wider window", "fail", roomRun("wait", 1, 2, 10, 1, "unavailable")},
		{"the window is full and there is work", "fail", roomRun("wait", 1, 1, 10, 20, "unavailable")},
		{"it is committed in time", "fail", roomRun("wait", 1, 1, 1, 1, "committed")},
		{"it fails in time", "fail", roomRun("wait", 1, 1, 1, 1, "timeout")},
		{"all are full", "pass", roomRun("skip", 1, 1, 10, 1, "unavailable")},
		{"all are full for a short time", "fail", roomRun("skip", 1, 1, 1, 1, "unavailable")},
		{"one is full and left out", "fail", roomRun("skip", 2, 1, 10, 1, "unavailable")},
	} {
		src, run, _ := parseCase(t, c.text)
		v, err := Check(src, run, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if r, _ := v.Result("S6"); r.Status.String() != c.want {
			t.Errorf("%s: %s, want %s: %s", c.name, r.Status, c.want, r.Detail)
		}
		for _, r := range v.Results {
			if r.Status == Fail && r.ID != "S6" && r.ID[0] != 'R' { // who is chosen is not in question
				t.Errorf("%s: %s failed too: %s %v", c.name, r.ID, r.Detail, r.Witness)
			}
		}
	}
}

// TestScaleUnpicked holds that S6 counts what is never picked for as long as the load
// lasts, unless it came to an end otherwise.
func TestScaleUnpicked(t *testing.T) {
	head := `{"distributor":{"queue_items":100,"queue_bytes":100000,"scale":{"min":1,"max":4,"every_ns":100000000,"cpu":500,"wait_ns":10000000,"tolerance":100,"step_up":1,"step_down":1,"rate":100000,"regular":true,"packet_ns":2000000}},"emitter":{"buffer_packets":200}}` + "\n0 phase name=warmup\n"
	for end, want := range map[string]string{"": "fail", "%[2]d d1.1/w1 gave_up id=e1/1/%[1]d why=attempts\n": "vacuous"} {
		text := head
		for i := 1; i <= 60; i++ {
			at := (250 + 10*i) * 1_000_000
			text += fmt.Sprintf("%[2]d e1.1/main emit id=e1/1/%[1]d n=2 b=20 h:000000aa\n%[2]d give e1/1/%[1]d w1\n", i, at)
			if end != "" {
				text += fmt.Sprintf(end, i, at+1)
			}
		}
		src, run, _ := parseCase(t, text+"1200000000 phase name=settle")
		v, err := Check(src, run, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if r, _ := v.Result("S6"); r.Status.String() != want {
			t.Errorf("%q: %s, want %s: %s", end, r.Status, want, r.Detail)
		}
	}
}
