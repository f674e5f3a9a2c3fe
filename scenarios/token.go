package scenarios

import (
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Token says how to repeat a run, and by what to know that it is the same one.
// Its text form is one word for a shell and a bug report.
type Token struct {
	// Scenario is the catalogue name or the file's path.
	Scenario string
	// World is where it ran: tcp, or empty for the simulation. What ran in tcp cannot be
	// repeated.
	World string
	// Set holds the overrides.
	Set []string
	// Seed is the run's seed.
	Seed uint64
	// ScenarioHash is Scenario.Hash of what ran.
	ScenarioHash string
	// Inputs are the files read in place of the generators, with their SHA-256 in
	// hexadecimal.
	Inputs []TokenInput
	// Build names the program that ran.
	Build string
	// TraceHash and LogHash are those of the run's result.
	TraceHash, LogHash uint64
}

// TokenInput is one input of a token.
type TokenInput struct{ Path, SHA256 string }

// TokenPrefix begins every token of this version.
const TokenPrefix = "weir1:"

// Limits of a token's text.
const (
	tokenMax      = 64 << 10
	tokenItemsMax = 256
)

// String is the text form: the prefix and key=value pairs joined by &, in fixed
// order, escaped as in a URL's query.
func (t Token) String() string {
	var parts []string
	add := func(key, val string) { parts = append(parts, key+"="+url.QueryEscape(val)) }
	add("scenario", t.Scenario)
	if t.World != "" {
		add("world", t.World)
	}
	for _, s := range t.Set {
		add("set", s)
	}
	add("seed", hex64(t.Seed))
	add("hash", t.ScenarioHash)
	for _, in := range t.Inputs {
		add("input", in.SHA256+":"+in.Path)
	}
	add("build", t.Build)
	add("trace", hex64(t.TraceHash))
	add("log", hex64(t.LogHash))
	return TokenPrefix + strings.Join(parts, "&")
}

// ParseToken reads the text form strictly: every key but set and input exactly
// once, in the order in which String writes them, nothing else. Only what String
// would write is accepted. The error is an *InvalidError.
func ParseToken(text string) (Token, error) {
	t, err := parseToken(text)
	if err == nil && t.String() != text {
		err = fmt.Errorf("keys out of order or values not escaped as weir writes them")
	}
	if err != nil {
		return Token{}, invalid("replay token", "%v", err)
	}
	return t, nil
}

func parseToken(text string) (Token, error) {
	var t Token
	if len(text) > tokenMax {
		return t, fmt.Errorf("%d bytes, at most %d", len(text), tokenMax)
	}
	rest, ok := strings.CutPrefix(text, TokenPrefix)
	if !ok {
		return t, fmt.Errorf("%s does not begin with %s", quoted(text), TokenPrefix)
	}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(rest, "&") {
		key, escaped, _ := strings.Cut(part, "=")
		val, err := url.QueryUnescape(escaped)
		if err != nil {
			return t, fmt.Errorf("%s: %s is not escaped right", quoted(key), quoted(escaped))
		}
		if seen[key] && key != "set" && key != "input" {
			return t, fmt.Errorf("%s stands there twice", quoted(key))
		}
		seen[key] = true
		if err := t.put(key, val); err != nil {
			return t, err
		}
	}
	for _, key := range []string{"scenario", "seed", "hash", "build", "trace", "log"} {
		if !seen[key] {
			return t, fmt.Errorf("%s is missing", key)
		}
	}
	return t, nil
}

// put takes one value.
func (t *Token) put(key, val string) (err error) {
	switch key {
	case "scenario":
		t.Scenario = val
		if val == "" {
			err = fmt.Errorf("the scenario is empty")
		}
	case "world":
		t.World = val
		if val != WorldTCP {
			err = fmt.Errorf("world %s: want tcp", quoted(val))
		}
	case "set":
		t.Set = append(t.Set, val)
	case "seed":
		t.Seed, err = parseHex64(key, val)
	case "hash":
		t.ScenarioHash = val
		err = checkSum(key, val)
	case "input":
		sum, path, ok := strings.Cut(val, ":")
		if !ok || path == "" {
			return fmt.Errorf("input %s: want sum:path", quoted(val))
		}
		t.Inputs = append(t.Inputs, TokenInput{path, sum})
		err = checkSum(key, sum)
	case "build":
		t.Build = val
	case "trace":
		t.TraceHash, err = parseHex64(key, val)
	case "log":
		t.LogHash, err = parseHex64(key, val)
	default:
		err = fmt.Errorf("%s is no key of a token", quoted(key))
	}
	if len(t.Set) > tokenItemsMax || len(t.Inputs) > tokenItemsMax {
		err = fmt.Errorf("more than %d overrides or inputs", tokenItemsMax)
	}
	return err
}

// Same says whether a token is of the same run up to the results: what they tell
// may then be compared.
func (t Token) Same(u Token) bool {
	return t.Seed == u.Seed && t.ScenarioHash == u.ScenarioHash && slices.EqualFunc(t.Inputs, u.Inputs, func(a, b TokenInput) bool { return a.SHA256 == b.SHA256 })
}

func hex64(v uint64) string { return "0x" + strconv.FormatUint(v, 16) }

func parseHex64(key, s string) (uint64, error) {
	digits, ok := strings.CutPrefix(s, "0x")
	v, err := strconv.ParseUint(digits, 16, 64)
	if !ok || err != nil {
		return 0, fmt.Errorf("%s %s: want 0x and up to 16 hexadecimal digits", key, quoted(s))
	}
	return v, nil
}

// checkSum holds a SHA-256 to its form.
func checkSum(key, s string) error {
	if b, err := hex.DecodeString(s); err != nil || len(b) != 32 {
		return fmt.Errorf("%s %s: want a SHA-256 in 64 hexadecimal digits", key, quoted(s))
	}
	return nil
}
