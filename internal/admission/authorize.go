package admission

import (
	"context"
	"fmt"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
)

// Access is a question that a policy asks about permissions: may this user do
// that? Either Path is set or the fields of a resource are.
type Access struct {
	User                         User
	Verb                         string
	Group, Version               string
	Resource, Subresource        string
	Namespace, Name              string
	FieldSelector, LabelSelector string
	Path                         string // of a request for no resource, such as /healthz
}

// Authorize answers a question about permissions. The reason is for people; a
// policy can read it. An error is no answer, and a policy can see it too.
type Authorize func(ctx context.Context, access Access) (allowed bool, reason string, err error)

// Permission is what a policy was told when it asked about one.
type Permission struct {
	Access  Access
	Allowed bool
	Reason  string
	Err     error
}

// denyAll is the authorizer of a judge that was given none: nobody's
// permissions can be known from manifests.
func denyAll(context.Context, Access) (bool, string, error) {
	return false, "permissions are not known here, so nothing is taken for allowed", nil
}

// recorder asks for permissions in the API server's terms and keeps the answers.
type recorder struct {
	ask     Authorize
	answers []Permission
}

// Authorize implements authorizer.UnconditionalAuthorizer.
func (r *recorder) Authorize(ctx context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
	access := accessOf(a)
	allowed, reason, err := r.ask(ctx, access)
	r.answers = append(r.answers, Permission{access, allowed, reason, err})
	if allowed {
		return authorizer.DecisionAllow, reason, err
	}
	return authorizer.DecisionNoOpinion, reason, err
}

func accessOf(a authorizer.Attributes) Access {
	access := Access{
		User: userOf(a.GetUser()), Verb: a.GetVerb(),
		Group: a.GetAPIGroup(), Version: a.GetAPIVersion(),
		Resource: a.GetResource(), Subresource: a.GetSubresource(),
		Namespace: a.GetNamespace(), Name: a.GetName(), Path: a.GetPath(),
	}
	if requirements, err := a.GetLabelSelector(); err == nil && len(requirements) > 0 {
		access.LabelSelector = requirements.String()
	}
	if requirements, err := a.GetFieldSelector(); err == nil {
		for _, r := range requirements {
			if access.FieldSelector != "" {
				access.FieldSelector += ","
			}
			access.FieldSelector += r.Field + string(r.Operator) + r.Value
		}
	}
	return access
}

func userOf(info user.Info) User {
	if info == nil {
		return User{}
	}
	return User{Name: info.GetName(), UID: info.GetUID(), Groups: info.GetGroups(), Extra: info.GetExtra()}
}

// Grant answers what policies ask about permissions. Manifests do not tell who
// applies them, so this is taken for granted, and said in a note.
func Grant(context.Context, Access) (bool, string, error) {
	return true, "taken for granted, since manifests do not tell", nil
}

// Sentence gives a question about permissions as a sentence.
func Sentence(a Access) string {
	what := a.Path
	if what == "" {
		what = a.Resource
		if a.Subresource != "" {
			what += "/" + a.Subresource
		}
		if a.Group != "" {
			what += "." + a.Group
		}
		if a.Name != "" {
			what += " " + a.Name
		}
		if a.Namespace != "" {
			what += " in " + a.Namespace
		}
	}
	return fmt.Sprintf("%s may %s %s", who(a.User), a.Verb, what)
}

// who names a user; the one whose name manifests do not tell is whoever applies
// them.
func who(u User) string {
	if u.Name == "unknown" {
		return "who applies this"
	}
	return u.Name
}
