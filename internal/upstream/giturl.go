package upstream

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/vapchart/vapchart/internal/policy"
)

// remote is a repository's URL, parted into what may be shown and what may not.
type remote struct {
	name string        // for locks, notes and errors: no credentials, no trailing slash or .git
	url  *url.URL      // without credentials
	user *url.Userinfo // the credentials; nil where there are none
}

// parseURL reads a git URL. Its errors never hold the text itself, in which a
// password may stand where a parser does not expect one.
func parseURL(raw string) (remote, error) {
	u, err := url.Parse(raw)
	if !strings.Contains(raw, "://") {
		return remote{}, noURL(raw)
	}
	if err != nil {
		return remote{}, policy.WithHint(errors.New("the git url cannot be parsed"),
			"write it as https://host/path; special characters in a password need percent-encoding")
	}
	r := remote{user: u.User, url: &url.URL{
		Scheme: u.Scheme, Host: strings.ToLower(u.Host), Path: strings.TrimRight(u.Path, "/")}}
	shown := *r.url
	shown.Path = strings.TrimRight(strings.TrimSuffix(shown.Path, ".git"), "/")
	r.name = shown.String()
	return r, r.check(u)
}

// check says whether the URL is one that can be fetched from.
func (r remote) check(u *url.URL) error {
	switch {
	case u.Scheme == "ssh":
		return policy.WithHint(errors.New("git over ssh is not supported"),
			fmt.Sprintf("write https://%s%s, or clone it yourself and name the clone by file://", u.Hostname(), u.Path))
	case u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "file":
		return policy.WithHint(fmt.Errorf("a git url with the scheme %q is not supported", u.Scheme),
			"write an https://, http:// or file:// url")
	case u.RawQuery != "" || u.Fragment != "":
		return policy.WithHint(errors.New("the git url has a query or a fragment"),
			"end the url at the repository's path; the branch or tag goes into ref")
	case u.Scheme == "file" && r.url.Host != "" && r.url.Host != "localhost":
		return policy.WithHint(fmt.Errorf("the file url names the host %q", r.url.Host),
			"write three slashes: file:///path")
	case u.Scheme != "file" && r.url.Host == "":
		return errors.New("the git url names no host")
	case u.Scheme != "file" && strings.Contains(u.EscapedPath(), "@"):
		return policy.WithHint(errors.New("the git url holds an @ behind its host"),
			"special characters in a password need percent-encoding")
	case r.url.Path == "":
		return errors.New("the git url names no repository")
	default:
		return nil
	}
}

// noURL tells the two other ways apart in which people name a repository.
func noURL(raw string) error {
	err := errors.New("the git url has no scheme")
	host, path, ok := strings.Cut(raw, ":")
	if _, after, at := strings.Cut(host, "@"); at {
		host = after
	}
	if ok && !strings.ContainsAny(host, `/\`) && !strings.Contains(path, "@") {
		return policy.WithHint(err, fmt.Sprintf("git over ssh is not supported: write https://%s/%s",
			host, strings.TrimPrefix(path, "/")))
	}
	return policy.WithHint(err, "a repository on this machine is named by file:///path, a folder by directory")
}
