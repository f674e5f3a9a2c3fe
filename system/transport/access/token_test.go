package access

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// replace puts a token file there at once, as its owner should.
func replace(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		t.Fatal(err)
	}
}

// A replaced token is in force soon; one that is none leaves the old in force, and is
// told once.
func TestTokenReplaced(t *testing.T) {
	name := filepath.Join(t.TempDir(), "token")
	const first, second = "first-first-first", "second-second-sec" // of one length
	replace(t, name, first+"\n")
	told := make(chan error, 100)
	token, err := LoadToken(name, func(err error) { told <- err })
	if err != nil {
		t.Fatal(err)
	}
	soon := func(what string, ok func() bool) {
		t.Helper()
		for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("it never comes: " + what)
			}
		}
	}
	is := func(s string) func() bool {
		return func() bool { return token.Presented([]string{Bearer + s}) && token.Authorization() == Bearer+s }
	}
	if !is(first)() {
		t.Fatal("the first token is not in force")
	}
	replace(t, name, "short")
	soon("a complaint", func() bool { return is(first)() && len(told) > 0 })
	if err := <-told; !strings.Contains(err.Error(), "5 bytes, want 16 to 1024") || strings.Contains(err.Error(), "first-") {
		t.Errorf("told: %v", err)
	}
	for range 30 { // three more looks
		if !is(first)() {
			t.Fatal("a bad file is in force")
		}
		time.Sleep(30 * time.Millisecond)
	}
	replace(t, name, second)
	soon("the second token", is(second))
	if is(first)() {
		t.Error("the first token is still in force")
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	soon("a complaint", func() bool { return is(second)() && len(told) > 0 })
	if len(told) != 1 {
		t.Errorf("told %d times, want once", len(told))
	}
}

func TestTokenFiles(t *testing.T) {
	name := filepath.Join(t.TempDir(), "token")
	for text, says := range map[string]string{
		strings.Repeat("x", TokenMin-1): "15 bytes", strings.Repeat("x", TokenMax+1): "1025 bytes", strings.Repeat("x", 1<<20): "more than",
		"two words, of which": "visible ASCII", "0123456789abcde\x00": "visible ASCII", "0123456789abcdé": "visible ASCII",
		" " + strings.Repeat("x", TokenMax) + "\r\n": "",
	} {
		replace(t, name, text)
		if _, err := LoadToken(name, nil); (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%.30q: %v, want %q", text, err, says)
		}
	}
	if _, err := LoadToken(name+"none", nil); err == nil {
		t.Error("no file is a token")
	}
}

func TestPresented(t *testing.T) {
	name := filepath.Join(t.TempDir(), "token")
	replace(t, name, "0123456789abcdef")
	token, err := LoadToken(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range [][]string{
		nil, {""}, {"Bearer"}, {"Bearer "}, {"0123456789abcdef"}, {"Basic 0123456789abcdef"}, {"Bearer 0123456789abcdeg"}, {"Bearer  0123456789abcdef"},
		{"Bearer 0123456789abcdef", "Bearer 0123456789abcdef"}, {"Bearer 0123456789abcdef "},
	} {
		if token.Presented(bad) {
			t.Errorf("%q presents the token", bad)
		}
	}
	for _, good := range []string{"Bearer 0123456789abcdef", "bearer 0123456789abcdef"} {
		if !token.Presented([]string{good}) {
			t.Errorf("%q does not present it", good)
		}
	}
	if got := (*Token)(nil).Authorization(); got != "" {
		t.Errorf("no token is presented as %q", got)
	}
}
