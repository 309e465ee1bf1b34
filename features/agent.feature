@S-01 @C-01 @C-02
Feature: The agent at work

  Background:
    Given the call centre is open

  @O-03
  Scenario: An agent calls an outside number
    Given agent 1001 is on duty and ready
    When agent 1001 lifts the handset and dials "02155556666" outside
    Then a call to "02155556666" arrives in the public network within 3 seconds
    When the called party is rung and answers
    Then the called party and agent 1001 hear each other
    When the called party hangs up
    Then agent 1001 hears the call end

  Scenario: An agent calls a busy number
    Given agent 1001 is on duty and ready
    When agent 1001 lifts the handset and dials "02155556666" outside
    And a call to "02155556666" arrives in the public network within 3 seconds
    And the network clears it with cause "user busy"
    Then agent 1001 hears busy tone

  Scenario: An agent hangs up before the called party answers
    Given agent 1001 is on duty and ready
    When agent 1001 lifts the handset and dials "02155556666" outside
    And a call to "02155556666" arrives in the public network within 3 seconds
    And agent 1001 hangs up
    Then the network is asked to clear the call within 2 seconds
    And agent 1001 becomes ready again within 10 seconds

  Scenario: An agent signs on and off
    When agent 1001 signs on and becomes ready
    Then the supervisor sees agent 1001 as "ready"
    When agent 1001 signs off
    Then the supervisor sees agent 1001 as "signed off"
    And the journal shows when agent 1001 signed on and off

  Scenario: A wrong password is refused
    When somebody signs on as agent 1001 with a wrong password
    Then the sign-on is refused
    And the supervisor sees agent 1001 as "signed off"
