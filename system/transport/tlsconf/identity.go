package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"

	"weir/system/node"
)

// The roles that a certificate may name.
const (
	Emitter     = "emitter"
	Distributor = "distributor"
	Analyser    = "analyser"
	Operator    = "operator"
)

// Identity is whom a verified certificate names. The zero Identity is nobody.
type Identity struct {
	Role string
	Name string // [A-Za-z0-9._-]{1,64}
}

// String returns the form that stands in certificates.
func (id Identity) String() string { return scheme + id.Role + "/" + id.Name }

const scheme = "weir://"

// ErrIdentity says that a certificate does not name exactly one node of weir.
var ErrIdentity = errors.New("the certificate names no node")

// IdentityOf returns whom a certificate names. It does not verify the certificate.
func IdentityOf(cert *x509.Certificate) (Identity, error) {
	var names []string
	for _, u := range cert.URIs {
		if u.Scheme == "weir" {
			names = append(names, u.String())
		}
	}
	if len(names) == 0 {
		names = []string{cert.Subject.CommonName}
	}
	if len(names) > 1 {
		return Identity{}, fmt.Errorf("%w: it has %d names of the form weir://ROLE/NAME, want one", ErrIdentity, len(names))
	}
	return parseIdentity(names[0])
}

func parseIdentity(s string) (Identity, error) {
	rest, ok := strings.CutPrefix(s, scheme)
	role, name, ok2 := strings.Cut(rest, "/")
	if !ok || !ok2 || !slices.Contains([]string{Emitter, Distributor, Analyser, Operator}, role) || !node.ValidName(name) {
		return Identity{}, fmt.Errorf("%w: %+.100q is not weir://ROLE/NAME with the role emitter, distributor, analyser or operator", ErrIdentity, s)
	}
	return Identity{role, name}, nil
}

// PeerOf returns who is at the other end of a connection; the zero Identity if the
// other end showed no certificate that was verified.
func PeerOf(state *tls.ConnectionState) (Identity, error) {
	if len(state.VerifiedChains) == 0 || len(state.VerifiedChains[0]) == 0 {
		return Identity{}, nil
	}
	return IdentityOf(state.VerifiedChains[0][0])
}
