package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unicode"
)

// logging is what a node says of itself on standard error, beside its event log.
type logging struct {
	// Level is the least level that is told: debug, info, warn or error. A reload changes
	// it. Default (empty): info.
	Level string `yaml:"log_level"`
	// Format is text or json. Default (empty): text.
	Format string `yaml:"log_format"`
}

// levels are the words of Level.
var levels = map[string]slog.Level{"": slog.LevelInfo, "debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}

func (l *logging) validate() error {
	var errs []error
	if _, ok := levels[l.Level]; !ok {
		errs = append(errs, fmt.Errorf("log_level %q: want debug, info, warn or error", l.Level))
	}
	if l.Format != "" && l.Format != "text" && l.Format != "json" {
		errs = append(errs, fmt.Errorf("log_format %q: want text or json", l.Format))
	}
	return errors.Join(errs...)
}

// open returns the logger of a node, and the level that it follows.
func (l *logging) open(w io.Writer, name string) (*slog.Logger, *slog.LevelVar) {
	level := &slog.LevelVar{}
	level.Set(levels[l.Level])
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: visible}
	var h slog.Handler = slog.NewTextHandler(w, options)
	if l.Format == "json" {
		h = slog.NewJSONHandler(w, options)
	}
	return slog.New(h).With("node", name), level
}

// visible escapes what a terminal could take for a command, or shows in another order
// than it is written. The handlers themselves escape only some of it.
func visible(_ []string, a slog.Attr) slog.Attr {
	switch v := a.Value.Any().(type) {
	case string:
		a.Value = slog.StringValue(shown(v))
	case error:
		a.Value = slog.StringValue(shown(v.Error()))
	}
	return a
}

// shown leaves line ends and tabs to the handler, which escapes them.
func shown(s string) string {
	hidden := func(r rune) bool {
		return !unicode.IsPrint(r) && r != '\n' && r != '\t' || r == unicode.ReplacementChar
	}
	if strings.IndexFunc(s, hidden) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if hidden(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
