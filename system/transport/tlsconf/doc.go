// Package tlsconf makes the TLS configurations of weir's nodes from files, and says who
// is at the other end of a connection. TLS 1.3 is the only version.
//
// A node is known by the one name of the form weir://ROLE/NAME in its certificate: a URI
// among its alternative names or, if there is none, its common name. Host names are not
// looked at, so that a node may move. Files that change are read again while the node
// runs; a set of files that does not fit together leaves the last good one in force.
//
// It knows no protocol and imports the rule for names in system/node, and reload. Programs that boot real nodes import it, and the transports.
package tlsconf
