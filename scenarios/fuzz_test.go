package scenarios

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzParse: any bytes give a scenario or an InvalidError, and what is accepted
// can be printed, read back to an equal one and hashed to the same sum.
func FuzzParse(f *testing.F) {
	f.Add([]byte(minimal))
	f.Add([]byte(full))
	for _, c := range badFiles {
		f.Add([]byte(c.text))
	}
	for _, name := range Names() {
		data, _ := Source(name)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse("fuzz.yaml", data)
		if err != nil {
			var bad *InvalidError
			if !errors.As(err, &bad) || len(bad.Problems) == 0 {
				t.Fatalf("not an InvalidError: %v", err)
			}
			return
		}
		roundTrip(t, s)
	})
}

func roundTrip(t *testing.T, s *Scenario) {
	t.Helper()
	whole := s.YAML()
	for _, printed := range [][]byte{whole, s.Brief()} {
		back, err := Parse("printed.yaml", printed)
		if err != nil {
			t.Fatalf("what was printed is refused: %v\n%s", err, printed)
		}
		if again := back.YAML(); string(again) != string(whole) {
			t.Fatalf("printed and read back it differs (-want +got)\n%s\n%s", cmp.Diff(string(whole), string(again)), printed)
		}
	}
}

// FuzzToken: any text gives a token that writes itself in the same way, or an
// InvalidError.
func FuzzToken(f *testing.F) {
	f.Add(sampleToken().String())
	f.Add("weir1:scenario=a&seed=0x1&hash=" + sumA + "&build=&trace=0x0&log=0x0")
	f.Add("weir1:")
	f.Add("weir1:set=%")
	f.Fuzz(func(t *testing.T, text string) {
		tok, err := ParseToken(text)
		var bad *InvalidError
		if err != nil && !errors.As(err, &bad) {
			t.Fatalf("not an InvalidError: %v", err)
		}
		if err == nil && tok.String() != text {
			t.Fatalf("%q is written back as %q", text, tok)
		}
	})
}
