package main

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode"

	"weir/system/node"
)

// Whatever is told, a line is a line, nothing in it is a command to a terminal, and it
// says whose it is.
func TestLogIsHarmless(t *testing.T) {
	bad := "a\x1b[31m\x00\u202eb\u0085c\x7f\n\ud7ff\ufeffd\u2028e\xff"
	for _, format := range []string{"", "text", "json"} {
		var b strings.Builder
		log, _ := (&logging{Format: format}).open(&b, "n1")
		log.Info(bad, "key", bad, "err", errors.New(bad))
		log.Info("plain", "text", "é ü 日本")
		lines := strings.SplitAfter(b.String(), "\n")
		if len(lines) != 3 || lines[2] != "" || !strings.Contains(lines[1], "é ü 日本") {
			t.Errorf("%s: %d lines: %s", format, len(lines), b.String())
		}
		for _, line := range lines[:2] {
			for _, r := range strings.TrimSuffix(line, "\n") {
				if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
					t.Errorf("%s: %q in %q", format, r, line)
				}
			}
			if !strings.Contains(line, "n1") {
				t.Errorf("%s: no name in %q", format, line)
			}
			if format == "json" && !json.Valid([]byte(line)) {
				t.Errorf("not JSON: %q", line)
			}
		}
	}
}

// The level holds, and a wrong word is refused by name.
func TestLogLevel(t *testing.T) {
	var b strings.Builder
	log, level := (&logging{Level: "warn"}).open(&b, "n1")
	log.Info("one")
	level.Set(levels["debug"])
	log.Debug("two")
	if got := b.String(); strings.Contains(got, "one") || !strings.Contains(got, "two") {
		t.Errorf("told is %s", got)
	}
	for _, args := range [][]string{{"--log-level", "loud"}, {"--log-format", "xml"}} {
		code, _, complaint := call(t, "", append([]string{"distribute", "--name", "d1", "--data", t.TempDir(), "--listen", "127.0.0.1:0"}, args...)...)
		if code != exitUsage || !strings.Contains(complaint, args[1]) {
			t.Errorf("%q: code %d, %s", args, code, complaint)
		}
	}
}

// A peer is lost when no worker holds it for up; what changes all the time is counted
// and not told.
func TestPeerWatch(t *testing.T) {
	var p peerWatch
	var said []string
	more, now := 0, time.Unix(0, 0)
	look := func(samples ...node.Sample) {
		p.look(now, samples, func(peer string, up bool) {
			word := "-"
			if up {
				word = "+"
			}
			said = append(said, word+peer)
		}, func(n int) { more += n })
	}
	level := func(peer string, up int) node.Sample { return node.Level("up", peer, up) }
	look(level("a1", 1), level("a1", 0), level("a2", 0), node.Level("down", "a1", 0), level(node.Other, 0))
	look(level("a1", 0), level("a1", 1), level("a2", 0))
	look(level("a1", 0), level("a1", 0), level("a2", 1))
	if got := strings.Join(said, " "); got != "-a2 -a1 +a2" && got != "-a2 +a2 -a1" {
		t.Errorf("said: %s", got)
	}
	for i := range 40 {
		look(level("a1", i%2))
	}
	if len(said) != peerLines || more != 0 {
		t.Errorf("%d lines in a span, %d more", len(said), more)
	}
	now = now.Add(peerSpan)
	look(level("a1", 1))
	if more != 3+39-peerLines {
		t.Errorf("%d changes are counted", more)
	}
}
