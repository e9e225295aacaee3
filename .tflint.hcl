# tflint --chdir=terraform --config="$PWD/.tflint.hcl"
plugin "terraform" {
  enabled = true
  preset  = "all"
}

rule "terraform_naming_convention" {
  enabled = true
  format  = "snake_case"
}

# Files are cut by what they make, as README.md says, not into main, variables and
# outputs alone.
rule "terraform_standard_module_structure" {
  enabled = false
}
