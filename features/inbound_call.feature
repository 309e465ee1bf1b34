@N-01 @N-04
Feature: Calling the centre
  A person calls the call centre from the public network and is served.

  Background:
    Given the call centre is open
    And agent 1001 is on duty and ready

  @I-02
  Scenario: A caller hears the greeting
    When a caller dials the menu number
    Then the call is answered within 2 seconds
    And the caller hears the greeting within 2 seconds

  @A-05 @P-04 @S-01
  Scenario: A caller talks with an agent
    When a caller dials the menu number
    And the caller presses the key for an agent
    Then the telephone of agent 1001 rings within 5 seconds
    When agent 1001 answers
    Then the caller and agent 1001 hear each other
    And agent 1001 is shown as "talking"

  Scenario: The caller hangs up first
    Given a caller is talking with agent 1001
    When the caller hangs up
    Then the circuit is free again within 2 seconds
    And agent 1001 hears the call end
    When agent 1001 hangs up
    Then agent 1001 becomes ready again within 10 seconds

  @S-01
  Scenario: The agent hangs up first
    Given a caller is talking with agent 1001
    When agent 1001 hangs up
    Then the caller is cleared with cause "normal call clearing" within 2 seconds
    And the circuit is free again within 2 seconds
    And agent 1001 becomes ready again within 10 seconds

  @C-04 @S-03
  Scenario: The call is on record
    Given a caller with number "13800138000" is talking with agent 1001
    When 10 seconds pass
    And agent 1001 hangs up
    Then the call record shows caller "13800138000", agent 1001 and a talking time of about 10 seconds

  Scenario: A number nobody has
    When a caller dials a number that is not allocated
    Then the caller is cleared with cause "unallocated number" within 2 seconds
    And the circuit is free again within 2 seconds

  Scenario: The caller gives up while the agent's telephone rings
    When a caller dials the menu number
    And the caller presses the key for an agent
    And the telephone of agent 1001 rings within 5 seconds
    And the caller hangs up
    Then the telephone of agent 1001 stops ringing within 1 second
    And agent 1001 becomes ready again within 10 seconds
    And the circuit is free again within 2 seconds
