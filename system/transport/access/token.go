package access

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"strings"

	"weir/system/transport/reload"
)

// The lengths in bytes of a token.
const (
	TokenMin = 16
	TokenMax = 1024
)

// Bearer is the scheme of a header Authorization with a token, and the space after it.
const Bearer = "Bearer "

// Token is a secret in a file that may be replaced. Safe for concurrent use.
type Token struct{ files *reload.Files[string] }

// LoadToken reads the token in a file, without the white space around it. failed is told
// when a file that replaced it cannot be used; then the token before it stays in force.
func LoadToken(name string, failed func(error)) (*Token, error) {
	files, err := reload.Load(func(*string) (string, error) { return readToken(name) }, failed, name)
	if err != nil {
		return nil, err
	}
	return &Token{files}, nil
}

func readToken(name string) (string, error) {
	b, err := reload.Read(name, 2*TokenMax)
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(b))
	if len(token) < TokenMin || len(token) > TokenMax {
		return "", fmt.Errorf("%s: %d bytes, want %d to %d", name, len(token), TokenMin, TokenMax)
	}
	for _, c := range []byte(token) {
		if c <= ' ' || c >= 0x7f {
			return "", fmt.Errorf("%s: a token has visible ASCII characters only", name)
		}
	}
	return token, nil
}

// Authorization is the header's value that presents the token; empty if there is none.
func (t *Token) Authorization() string {
	if t == nil {
		return ""
	}
	return Bearer + t.files.Current()
}

// Presented reports whether the values of a header Authorization present the token. The
// time that it takes tells nothing of it.
func (t *Token) Presented(values []string) bool {
	if len(values) != 1 {
		return false
	}
	scheme, got, _ := strings.Cut(values[0], " ")
	a, b := sha256.Sum256([]byte(got)), sha256.Sum256([]byte(t.files.Current()))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1 && strings.EqualFold(scheme+" ", Bearer)
}
