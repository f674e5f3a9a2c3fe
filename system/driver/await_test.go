package driver

import (
	"bytes"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"weir/system/node"
)

// What an actor has the world wait for is done beside it, completes as a disk operation
// does, with what it wrote, and leaves the evidence of one; an error is one of the disk's.
func TestAwait(t *testing.T) {
	var log bytes.Buffer
	var told atomic.Value
	result, tokens := "", [2]node.Token{}
	n, err := Start(Config{Name: "n", Role: "test", Incarnation: 1, Log: &log, Boot: bootOne(func(e node.Env, ev *node.Event) {
		switch {
		case ev.Kind == node.Started:
			await := e.(node.Waiter).Await
			tokens[0] = await("db", func() error { result = "done"; return nil })
			tokens[1] = await("db", func() error { return fmt.Errorf("%w: no server", node.ErrDiskIO) })
		case ev.Kind == node.DiskDone && ev.Token == tokens[0]:
			if ev.Err != nil || result != "done" {
				t.Errorf("the first: %v, %q", ev.Err, result)
			}
		case ev.Kind == node.DiskDone && ev.Token == tokens[1]:
			told.Store(fmt.Sprint(ev.Err))
		}
	})})
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "both complete", func() bool { return told.Load() != nil })
	end(t, n)
	if got := told.Load(); got != "disk error: no server" {
		t.Errorf("the second: %v", got)
	}
	for _, want := range []string{`"k":"synced","a":"a","s":2`, fmt.Sprintf(`"tok":%d,"file":"db"}`, tokens[0]),
		`"k":"diskfail","a":"a","s":3`, fmt.Sprintf(`"tok":%d,"file":"db","why":"io"`, tokens[1])} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %s in\n%s", want, log.String())
		}
	}
}
