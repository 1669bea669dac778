package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/namespaces"
)

// Engine is what leaving namespaces to Pod Security Admission means in one cluster.
type Engine struct {
	Cluster  string // empty for the values of a project without clusters
	Findings []namespaces.Finding
}

// engines tells where Pod Security Admission takes the policies' place, and where the
// two disagree. What is the same in several clusters is told once.
func (p *printer) engines(all []Engine) {
	var told []string
	in := map[string][]string{}
	for _, e := range all {
		if e.Findings == nil {
			continue
		}
		text := e.text()
		if in[text] == nil {
			told = append(told, text)
		}
		in[text] = append(in[text], e.Cluster)
	}
	for _, text := range told {
		clusters := strings.Join(slices.DeleteFunc(in[text], func(c string) bool { return c == "" }), ", ")
		head, rest, _ := strings.Cut(text, "\n")
		if clusters != "" {
			head = clusters + ": " + head
		}
		p.line("engine", "%s", head)
		for line := range strings.Lines(rest) {
			p.line("", "%s", strings.TrimRight(line, "\n"))
		}
	}
}

// text tells of one cluster: a line for all of it, and one for each thing that is not
// as the policies would have it.
func (e Engine) text() string {
	left, kept := 0, 0
	var lines []string
	for _, f := range e.Findings {
		if f.Left {
			left += max(len(f.Names), 1)
		} else {
			kept += len(f.Names)
		}
		where := inFew(f.Names)
		if f.Why != nil {
			by := "what an excluded rule lets pass"
			if f.Why.Exception != "" {
				by = "what exception " + f.Why.Exception + " allows"
			}
			lines = append(lines, fmt.Sprintf("  %s: the policies stay, enforce is %s: %s would refuse %s: %s, a pod %s",
				where, f.Labels["pod-security.kubernetes.io/enforce"], f.Why.Profile, by, f.Why.Control, f.Why.Text))
		}
		for _, d := range f.Differences {
			lines = append(lines, fmt.Sprintf("  %s: %s", where, sentence(d)))
		}
	}
	head := fmt.Sprintf("%s left to Pod Security Admission, %s", number(left, "namespace"), keeps(kept))
	if len(lines) == 0 {
		head += "; the two agree"
	}
	return strings.Join(append([]string{head}, lines...), "\n")
}

func keeps(n int) string {
	if n == 1 {
		return "1 keeps its policies"
	}
	return fmt.Sprintf("%d keep their policies", n)
}

// sentence says a difference.
func sentence(d namespaces.Difference) string {
	says := [2]string{}
	switch d.Kind {
	case namespaces.Exemptions:
		return "exemptions of the values do not count, Pod Security Admission has its own"
	case namespaces.Controllers:
		if d.Looser {
			return "controllers are denied by the policies alone, which stay for them"
		}
		return "Pod Security Admission warns about controllers, the values say nothing of them"
	case namespaces.Enforced:
		says = [2]string{"refuses what the policies admit", "admits what the policies refuse"}
	case namespaces.Warned:
		says = [2]string{"warns of what the policies are silent about", "is silent about what the policies warn of"}
	case namespaces.Audited:
		says = [2]string{"audits what the policies are silent about", "is silent about what the policies audit"}
	}
	text := "Pod Security Admission " + says[0]
	if d.Looser {
		text = "Pod Security Admission " + says[1]
	}
	text += fmt.Sprintf(": %s, a pod %s", d.Control, d.Text)
	if d.Pods > 1 {
		text += fmt.Sprintf(", and %d more", d.Pods-1)
	}
	return text
}

// inFew names namespaces, of many the first ones.
func inFew(names []string) string {
	const most = 5
	switch n := len(names); {
	case n == 0:
		return "all others"
	case n > most:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), n-most)
	}
	return strings.Join(names, ", ")
}
