package scenarios

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var (
	sumA = strings.Repeat("a1", 32)
	sumB = strings.Repeat("0f", 32)
)

func sampleToken() Token {
	return Token{
		Scenario: "crash", Set: []string{"distributors.workers=4", "faults=at 5s crash a1 # now"}, Seed: 0x5eed,
		ScenarioHash: sumA, Inputs: []TokenInput{{"dir with space/a&b=c.log", sumB}}, Build: "weir 1.2 go1.26", TraceHash: 1, LogHash: 1<<64 - 1,
	}
}

func TestTokenText(t *testing.T) {
	want := "weir1:scenario=crash&set=distributors.workers%3D4&set=faults%3Dat+5s+crash+a1+%23+now&seed=0x5eed&hash=" + sumA +
		"&input=" + sumB + "%3Adir+with+space%2Fa%26b%3Dc.log&build=weir+1.2+go1.26&trace=0x1&log=0xffffffffffffffff"
	if got := sampleToken().String(); got != want {
		t.Errorf("want\n%s\ngot\n%s", want, got)
	}
}

func TestTokenRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tok := Token{
			Scenario:     rapid.StringN(1, 30, 60).Draw(t, "scenario"),
			Set:          rapid.SliceOfN(rapid.String(), 0, 4).Draw(t, "set"),
			Seed:         rapid.Uint64().Draw(t, "seed"),
			ScenarioHash: sumA,
			Build:        rapid.String().Draw(t, "build"),
			TraceHash:    rapid.Uint64().Draw(t, "trace"),
			LogHash:      rapid.Uint64().Draw(t, "log"),
		}
		if rapid.Bool().Draw(t, "input") {
			tok.Inputs = []TokenInput{{rapid.StringN(1, 30, 60).Draw(t, "path"), sumB}}
		}
		if len(tok.Set) == 0 {
			tok.Set = nil
		}
		back, err := ParseToken(tok.String())
		if err != nil {
			t.Fatalf("%s: %v", tok, err)
		}
		if diff := cmp.Diff(tok, back); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestTokenRefuses(t *testing.T) {
	good := sampleToken().String()
	for name, text := range map[string]string{
		"empty":            "",
		"another version":  "weir2:" + good[6:],
		"space after":      good + " ",
		"line feed":        good + "\n",
		"unknown key":      good + "&x=1",
		"twice":            good + "&log=0x1",
		"missing":          strings.Replace(good, "&trace=0x1", "", 1),
		"order":            "weir1:seed=0x5eed&scenario=crash" + strings.TrimPrefix(strings.Replace(good, "&seed=0x5eed", "", 1), "weir1:scenario=crash"),
		"seed decimal":     strings.Replace(good, "0x5eed", "5eed", 1),
		"leading zero":     strings.Replace(good, "0x5eed", "0x05eed", 1),
		"upper case":       strings.Replace(good, "0x5eed", "0x5EED", 1),
		"hash short":       strings.Replace(good, sumA, sumA[2:], 1),
		"hash no hex":      strings.Replace(good, sumA, "zz"+sumA[2:], 1),
		"escape":           strings.Replace(good, "%3D4", "%zz", 1),
		"needless escape":  strings.Replace(good, "crash", "%63rash", 1),
		"input without":    strings.Replace(good, sumB+"%3A", sumB, 1),
		"far too long":     good + strings.Repeat("x", tokenMax),
		"too many changes": "weir1:scenario=x" + strings.Repeat("&set=a%3D1", tokenItemsMax+1) + good[strings.Index(good, "&seed"):],
	} {
		_, err := ParseToken(text)
		var bad *InvalidError
		if !errors.As(err, &bad) {
			t.Errorf("%s: %.80q gives %v", name, text, err)
		}
	}
}

func TestTokenSame(t *testing.T) {
	a, b := sampleToken(), sampleToken()
	b.TraceHash, b.Build, b.Inputs = 9, "other", []TokenInput{{"moved.log", sumB}}
	if !a.Same(b) {
		t.Error("the same run with another result is another run")
	}
	b.Seed++
	if a.Same(b) {
		t.Error("another seed is the same run")
	}
}
