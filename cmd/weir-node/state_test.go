package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"weir/system/message"
)

// TestShowState holds that the command tells the same over both transports, refuses what
// is no question, and that an emitter has no table to tell.
func TestShowState(t *testing.T) {
	dir, listen, control, httpControl := t.TempDir(), free(t), free(t), free(t)
	spawn(t, "distribute", "--name", "d1", "--data", filepath.Join(dir, "d1"), "--listen", listen, "--control", control,
		"--http-control", httpControl, "--analyser", "a1=3@127.0.0.1:1", "--analyser", "a2=1@127.0.0.1:1")
	emitter := free(t)
	spawn(t, "emit", "--name", "e1", "--data", filepath.Join(dir, "e1"), "--to", "d1@"+listen, "--control", emitter,
		"--config", writeConfig(t, dir, "emitter: {generator: {rate_milli: 1000, packets: 1000}}\n"))
	serving(t, control)
	serving(t, emitter)
	operator := writeConfig(t, t.TempDir(), fmt.Sprintf("peers: {d1: {data: %q, control: %q}}\n", listen, control))
	for _, args := range [][]string{{"d1@" + control}, {"d1@http://" + httpControl}, {"--config", operator, "d1"}} {
		code, out, complaint := call(t, "", append([]string{"state", "--output", "json"}, args...)...)
		var got struct {
			Version   int
			Analysers []struct{ ID, Address string }
		}
		if err := json.Unmarshal([]byte(out), &got); code != exitOK || err != nil || got.Version != 1 || len(got.Analysers) != 2 || got.Analysers[0].Address != "127.0.0.1:1" {
			t.Errorf("%q: code %d, %v, %s%s", args, code, err, out, complaint)
		}
		code, out, _ = call(t, "", append([]string{"state"}, args...)...)
		if code != exitOK || !strings.Contains(out, "table version 1, 4 workers\n") || !strings.Contains(out, "\na1        127.0.0.1:1  3       no       75.00 %") {
			t.Errorf("%q: code %d\n%s", args, code, out)
		}
	}
	for says, args := range map[string][]string{
		"want NAME@HOST:PORT":    {"d1"},
		`"d2@x": one distribut`:  {"d1@" + control, "d2@x"},
		`--output "xml"`:         {"d1@" + control, "--output", "xml"},
		"want NAME@HOST:PORT or": {"d\x1b1@127.0.0.1:1"},
	} {
		if code, _, complaint := call(t, "", append([]string{"state"}, args...)...); code != exitUsage || !strings.Contains(complaint, says) {
			t.Errorf("%q: code %d, %s", args, code, complaint)
		}
	}
	for says, args := range map[string]string{"no table of analysers": "e1@" + emitter, "refused": "d1@127.0.0.1:1"} {
		if code, _, complaint := call(t, "", "state", args); code != exitInternal || !strings.Contains(complaint, says) {
			t.Errorf("%s: code %d, %s", args, code, complaint)
		}
	}
}

// A distributor that tells parts without end, or one again and again, is not followed.
func TestStateWithoutEnd(t *testing.T) {
	for _, id := range []string{"a1", "a%06d"} {
		asked := 0
		_, err := allState(t.Context(), func(_ context.Context, m *message.State) (*message.StateOK, error) {
			asked++
			if strings.Contains(id, "%") {
				return &message.StateOK{More: true, Analysers: []message.AnalyserState{{ID: fmt.Sprintf(id, asked)}}}, nil
			}
			return &message.StateOK{More: true, Analysers: []message.AnalyserState{{ID: id}}}, nil
		})
		if err == nil || asked > statePages {
			t.Errorf("%s: %v after %d questions", id, err, asked)
		}
	}
}
