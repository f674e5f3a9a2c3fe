package lines

import (
	"strings"

	"weir/system/message"
)

// levelWords are the words that name a level. RFC 5424's notice is the second
// step of info, alert and emergency are steps of fatal, as OpenTelemetry maps them.
var levelWords = []struct {
	word     string
	severity message.Severity
}{
	{"trace", message.Trace}, {"finest", message.Trace}, {"finer", message.Trace},
	{"debug", message.Debug}, {"fine", message.Debug}, {"dbg", message.Debug}, {"verbose", message.Debug},
	{"info", message.Info}, {"information", message.Info}, {"inf", message.Info},
	{"notice", message.Info + 1},
	{"warn", message.Warn}, {"warning", message.Warn}, {"wrn", message.Warn},
	{"error", message.Error}, {"err", message.Error}, {"severe", message.Error},
	{"critical", message.Error + 1}, {"crit", message.Error + 1}, {"alert", message.Error + 2},
	{"fatal", message.Fatal}, {"emerg", message.Fatal}, {"emergency", message.Fatal}, {"panic", message.Fatal},
}

// wordsMax is how many words after the time stamp may come before the level.
const wordsMax = 4

// findLevel returns the level that the first words of s name. A word counts if it
// stands where levels stand and looks like one: in capitals, or in brackets of
// some kind, or before a colon or an equals sign's right side. An ordinary word
// in a sentence ("no error found") does not count.
func findLevel(s string) message.Severity {
	for i, words := 0, 0; i < len(s) && words < wordsMax; {
		if s[i] == ' ' || s[i] == '\t' {
			i++
			continue
		}
		if severity, _, ok := levelAt(s, i); ok {
			return severity
		}
		end := strings.IndexAny(s[i:], " \t")
		if end < 0 {
			break
		}
		if !header(s[i : i+end]) {
			words++
		}
		i += end
	}
	return message.Unknown
}

// header reports whether a word is a part of a line's header that says nothing: a
// dash, or a number.
func header(word string) bool {
	return strings.Trim(word, "-|0123456789") == ""
}

// levelAt reads a level's name in one of its dresses at s[i:]: INFO, [info],
// <info>, (info), level=info, "level":"info", info:, INFO|.
func levelAt(s string, i int) (severity message.Severity, end int, ok bool) {
	if i >= len(s) {
		return 0, 0, false
	}
	dressed := false
	for _, key := range [...]string{"level=", "lvl=", "severity=", "{\"level\":", "\"level\":"} {
		if strings.HasPrefix(s[i:], key) {
			i += len(key)
			dressed = true
			break
		}
	}
	if i < len(s) && strings.IndexByte("[<(\"", s[i]) >= 0 {
		i++
		dressed = true
	}
	end = i
	for end < len(s) && (s[end]|0x20) >= 'a' && (s[end]|0x20) <= 'z' {
		end++
	}
	word := s[i:end]
	if len(word) < 3 || len(word) > len("information") {
		return 0, 0, false
	}
	for _, l := range levelWords {
		if strings.EqualFold(word, l.word) && (l.word[:3] != "fin" || word == strings.ToUpper(word)) { // "fine" is a word too
			return l.severity, end, closed(s, end, word, dressed)
		}
	}
	return 0, 0, false
}

// closed reports whether what follows a level's name fits its dress.
func closed(s string, end int, word string, dressed bool) bool {
	var next byte = ' '
	if end < len(s) {
		next = s[end]
	}
	switch {
	case dressed:
		return strings.IndexByte("]>)\" ,}\t", next) >= 0
	case next == ':' || next == '|':
		return word == strings.ToUpper(word) || word == strings.ToLower(word) || word[1:] == strings.ToLower(word[1:])
	}
	return (next == ' ' || next == '\t' || next == ']') && word == strings.ToUpper(word)
}
