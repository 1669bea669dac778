package kyverno

// clusterPolicy is the schema of ClusterPolicy, as far as a validate.cel rule
// reaches. Every field of Kyverno's own is here; what is not is an error.
type clusterPolicy struct {
	APIVersion string      `yaml:"apiVersion"`
	Kind       string      `yaml:"kind"`
	Metadata   metadata    `yaml:"metadata"`
	Spec       clusterSpec `yaml:"spec"`
	Status     presence    `yaml:"status"` // written by Kyverno itself
}

type clusterSpec struct {
	Rules                list[at[clusterRule]] `yaml:"rules"`
	ApplyRules           text                  `yaml:"applyRules"`
	Admission            *at[bool]             `yaml:"admission"`
	FailurePolicy        text                  `yaml:"failurePolicy"`
	WebhookConfiguration webhookConfiguration  `yaml:"webhookConfiguration"`
	FailureAction        text                  `yaml:"validationFailureAction"`
	FailureOverrides     list[actionOverride]  `yaml:"validationFailureActionOverrides"`
	NoVerdict            clusterNoVerdict      `yaml:",inline"`
}

// clusterNoVerdict is what a policy says about everything but the verdict on a
// request: scans of what exists, reports, the webhook's timing, and the rules
// that mutate or generate. It is decoded for its types and then left alone.
type clusterNoVerdict struct {
	Background                     *bool `yaml:"background"`
	SchemaValidation               *bool `yaml:"schemaValidation"`
	EmitWarning                    *bool `yaml:"emitWarning"`
	WebhookTimeoutSeconds          *int  `yaml:"webhookTimeoutSeconds"`
	MutateExistingOnPolicyUpdate   *bool `yaml:"mutateExistingOnPolicyUpdate"`
	GenerateExisting               *bool `yaml:"generateExisting"`
	GenerateExistingOnPolicyUpdate *bool `yaml:"generateExistingOnPolicyUpdate"`
	UseServerSideApply             *bool `yaml:"useServerSideApply"`
}

type webhookConfiguration struct {
	FailurePolicy   text            `yaml:"failurePolicy"`
	MatchConditions list[at[named]] `yaml:"matchConditions"`
	TimeoutSeconds  *int            `yaml:"timeoutSeconds"` // no verdict
}

// actionOverride says where a violation is denied and where it is only
// reported. The chart's values decide that here, so it is checked, not kept.
type actionOverride struct {
	Action            text       `yaml:"action"`
	Namespaces        list[text] `yaml:"namespaces"`
	NamespaceSelector selector   `yaml:"namespaceSelector"`
}

type clusterRule struct {
	Name             text            `yaml:"name"`
	Match            at[matchBlock]  `yaml:"match"`
	Exclude          at[matchBlock]  `yaml:"exclude"`
	CELPreconditions list[at[named]] `yaml:"celPreconditions"`
	Validate         at[validateCEL] `yaml:"validate"`

	Context         presence `yaml:"context"`
	Preconditions   presence `yaml:"preconditions"`
	Mutate          presence `yaml:"mutate"`
	Generate        presence `yaml:"generate"`
	VerifyImages    presence `yaml:"verifyImages"`
	ImageExtractors presence `yaml:"imageExtractors"`

	// No verdict: reports, and requests that Kyverno's own controller sends.
	ReportProperties       map[string]text `yaml:"reportProperties"`
	SkipBackgroundRequests *bool           `yaml:"skipBackgroundRequests"`
}

type validateCEL struct {
	Message          text                 `yaml:"message"`
	CEL              at[celBlock]         `yaml:"cel"`
	FailureAction    text                 `yaml:"failureAction"`
	FailureOverrides list[actionOverride] `yaml:"failureActionOverrides"`

	Pattern     presence `yaml:"pattern"`
	AnyPattern  presence `yaml:"anyPattern"`
	Deny        presence `yaml:"deny"`
	ForEach     presence `yaml:"foreach"`
	PodSecurity presence `yaml:"podSecurity"`
	Manifests   presence `yaml:"manifests"`
	Assert      presence `yaml:"assert"`

	// No verdict here: an update that leaves the spec alone is never judged.
	AllowExistingViolations *bool `yaml:"allowExistingViolations"`
}

type celBlock struct {
	Expressions      list[at[validation]]      `yaml:"expressions"`
	Variables        list[at[named]]           `yaml:"variables"`
	AuditAnnotations list[at[auditAnnotation]] `yaml:"auditAnnotations"`
	ParamKind        *at[paramKind]            `yaml:"paramKind"`
	ParamRef         *at[paramRef]             `yaml:"paramRef"`
	Generate         *bool                     `yaml:"generate"` // no verdict: Kyverno's own conversion
}

type paramKind struct {
	APIVersion text `yaml:"apiVersion"`
	Kind       text `yaml:"kind"`
}

type paramRef struct {
	Name           text          `yaml:"name"`
	Namespace      text          `yaml:"namespace"`
	Selector       *at[selector] `yaml:"selector"`
	NotFoundAction text          `yaml:"parameterNotFoundAction"`
}

// matchBlock is `match` or `exclude`: any, all, or (older) one filter directly.
type matchBlock struct {
	Any    list[at[filterBlock]] `yaml:"any"`
	All    list[at[filterBlock]] `yaml:"all"`
	Direct filterBlock           `yaml:",inline"`
}

type filterBlock struct {
	Resources    resourceBlock     `yaml:"resources"`
	Subjects     list[at[subject]] `yaml:"subjects"`
	Roles        list[text]        `yaml:"roles"`
	ClusterRoles list[text]        `yaml:"clusterRoles"`
}

type resourceBlock struct {
	Kinds             list[text]      `yaml:"kinds"`
	Name              text            `yaml:"name"`
	Names             list[text]      `yaml:"names"`
	Namespaces        list[text]      `yaml:"namespaces"`
	Annotations       map[string]text `yaml:"annotations"`
	Selector          *at[selector]   `yaml:"selector"`
	NamespaceSelector *at[selector]   `yaml:"namespaceSelector"`
	Operations        list[text]      `yaml:"operations"`
}

type subject struct {
	Kind      text `yaml:"kind"`
	Name      text `yaml:"name"`
	Namespace text `yaml:"namespace"`
	APIGroup  text `yaml:"apiGroup"` // follows from the kind
}
